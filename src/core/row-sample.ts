// Owns: a few rows of tables as digests, by which it can be told later whether they have kept their
// values. Serialised into the journal, so every type here is plain JSON. No I/O.

/** Characters of one digest: 36 bits, so that of a billion changed values none looks unchanged by chance. */
export const digestLength = 6;

/** In place of the digest of a value that is too large to be read for this. */
export const unreadDigest = ".".repeat(digestLength);

/**
 * Its key's values as text; who has written it last, as an opaque mark; a digest for each column of its
 * table, one behind the other.
 */
export type SampledRow = [key: string[], writer: string, digests: string];

export type SampledColumn = [name: string, type: string];

export interface SampledTable {
  /** Qualified, quoted where SQL needs it. */
  table: string;
  /** The server's; the same after a rename. */
  identity: string;
  /** Names of the columns that tell its rows apart. */
  key: string[];
  /** In the order of the digests. */
  columns: SampledColumn[];
  rows: SampledRow[];
}

export interface RowSample {
  tables: SampledTable[];
  /** Tables of which nothing could be had. */
  leftOut: { table: string; why: string }[];
}

export interface SampleLimits {
  tables: number;
  /** Of each table. */
  rows: number;
  /** Of each table: of a wide one there are fewer rows. */
  digests: number;
  /** Milliseconds that one statement may take. */
  statementMs: number;
  /** Whether there is no time for another table. */
  isOver(): boolean;
}

/** The sampled rows of a table, as they are now. */
export type SeenAgain =
  | {
      kind: "read";
      identity: string;
      columns: SampledColumn[];
      /** By their place in the sample; those that are gone are not there. */
      rows: ReadonlyMap<number, { writer: string; digests: string }>;
    }
  /** What rows would be found by is not there. */
  | { kind: "missing"; why: string }
  /** Nobody knows how they are. */
  | { kind: "unread"; why: string };
