// Owns: what the prover asks of a database system, beside the {@link Dialect}: databases that can
// be copied and thrown away, all rows as comparable text, made-up rows, and locks as the server
// shows them. A dialect implements it in its folder `rehearsal/`.

import type { LockMode } from "../core/plan.ts";
import type { Session } from "./dialect.ts";

/** A row's cells as text, in the order of its table's columns; null is NULL. */
export type Row = readonly (string | null)[];

export interface TableColumn {
  name: string;
  /** Within the table; the same after a rename. */
  identity: string;
  /** As in the catalog, e.g. `numeric(10,2)`. */
  type: string;
  /** GENERATED ALWAYS AS: what it holds follows from other columns. */
  generated: boolean;
}

/** A table with all its rows, read at one instant. */
export interface TableRows {
  /** `public.users`, quoted where SQL needs it. */
  name: string;
  /** The server's; the same after a rename. */
  identity: string;
  columns: TableColumn[];
  /** Positions in `columns` of the primary key, or of a unique key without NULLs; else undefined. */
  key?: number[];
  rows: Row[];
}

/** Where a sequence stands. */
export interface SequencePlace {
  name: string;
  identity: string;
  /** What nextval would give, before it is bent by the ends of the sequence. */
  next: bigint;
  /** False: it counts down. */
  ascending: boolean;
}

export interface Contents {
  tables: TableRows[];
  sequences: SequencePlace[];
}

export interface FillOptions {
  /** The same seed and the same schema give the same rows. */
  seed: number;
  /** Rows wanted per table. */
  rows: number;
  /**
   * Tables to fill, by name as in {@link TableRows}, with the columns to give values for, as an
   * application would that knows only these; an empty list: all columns. Absent: all tables.
   */
  only?: ReadonlyMap<string, readonly string[]>;
}

/** What became of a table. */
export interface Filled {
  table: string;
  inserted: number;
  /** Why it is fewer than wanted: the server's words, or which rule could not be satisfied. */
  why?: string;
}

export interface EditOptions {
  seed: number;
  /** Per table. */
  updates: number;
  deletes: number;
  /** By name as in {@link TableRows}. */
  tables: readonly EditedTable[];
}

export interface EditedTable {
  name: string;
  /** Columns that may be set; absent: all. */
  columns?: ReadonlySet<string>;
  /** Rows that are left as they are: their keys' cells, as JSON, in the order of the key. */
  spared?: ReadonlySet<string>;
}

/** What became of a table under {@link Rehearsals.edit}. */
export interface Edited {
  table: string;
  updated: number;
  deleted: number;
  why?: string;
}

/** A lock that a session holds now, as the server shows it. */
export interface HeldLock {
  /** As in {@link TableRows}. */
  table: string;
  mode: LockMode;
  /** Where the table's rows are kept: another value later means that it was written anew. */
  storage: string;
}

export interface Rehearsals {
  /** A new database; a copy of `template`, to which nobody may be connected, or an empty one. */
  create(admin: Session, name: string, template?: string): Promise<void>;
  /** Nothing when it is not there. Ends whoever is connected. */
  drop(admin: Session, name: string): Promise<void>;
  /** Marks all scratch databases of `owner` (8 hex digits) as in use until `admin` ends. */
  claim(admin: Session, owner: string): Promise<void>;
  /** Drops the scratch databases of owners that are gone; returns their names. */
  sweep(admin: Session): Promise<string[]>;

  /** Gives `scratch` the catalog of `like`, as far as that can be derived; rows are not looked at. */
  align(scratch: Session, like: Session): Promise<void>;

  /** Names of the server's roles, its own left out. */
  roles(session: Session): Promise<string[]>;
  /** Throws while something in any database depends on it. */
  dropRole(admin: Session, name: string): Promise<void>;

  /** Writes rows with edge values of every type, keys and checks respected. Its own transactions. */
  fill(session: Session, options: FillOptions): Promise<Filled[]>;
  /** Updates and deletes a few existing rows, as an application would. */
  edit(session: Session, options: EditOptions): Promise<Edited[]>;
  /** All rows of all tables and where sequences stand, Belay's own left out. */
  read(session: Session): Promise<Contents>;
  /** What the session's transaction holds now. */
  locks(session: Session): Promise<HeldLock[]>;
  /** What is there under names of Belay's own, its journal apart. */
  leftovers(session: Session): Promise<string[]>;
}

/** The name of a scratch database. */
export function scratchName(owner: string, label: string): string {
  return `belay_scratch_${owner}_${label}`;
}
