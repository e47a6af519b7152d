// Owns: what a migration is, once read from a folder of any format. No I/O.

/** Whether a file's statements are to share a transaction. `none` is a format's no-transaction marker. */
export type TransactionMode = "auto" | "none";

/** One direction of a migration: text and where it came from. */
export interface Script {
  /** Path as the user would type it. */
  path: string;
  /** The SQL to run: BOM removed, line endings as written. */
  sql: string;
  /** 1-based line of the file on which `sql` begins (sections of one file share a path). */
  line: number;
  transaction: TransactionMode;
}

/** One versioned change. */
export interface Migration {
  /** As the format writes it, leading zeros kept; `""` never. Repeatable ones carry `R:<name>`. */
  version: string;
  name: string;
  up: Script;
  /** What the author wrote to go back; absent when there is none or it holds only comments. */
  down?: Script;
  /** SHA-256 of the up text, hex, after BOM removal and CRLF -> LF (so a checkout's line endings do not matter). */
  checksum: string;
  /** Runs again whenever its checksum changes (Flyway `R__`). */
  repeatable?: boolean;
}
