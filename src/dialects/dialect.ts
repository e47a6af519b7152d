// Owns: the port between Belay and a database system. A dialect is a folder beside this file;
// engine, journal and app know only what stands here.

import type { Readable } from "node:stream";
import type { Catalog, CatalogObject } from "../core/catalog.ts";
import type { Script } from "../core/migration.ts";
import type {
  ConflictPolicy,
  Lock,
  PlannedStatement,
  Probe,
  Question,
  Step,
  Undo,
  UndoStatement,
} from "../core/plan.ts";
import type { RowSample, SampledTable, SampleLimits, SeenAgain } from "../core/row-sample.ts";

/** One database session. SQL text goes to the server as it is. */
export interface Session {
  /** Server process id, for attribution and cancellation. */
  readonly pid: number;
  /** Parameterised query; rows as objects. `name` makes it a prepared statement of the session. */
  query<T extends Record<string, unknown>>(
    sql: string,
    values?: unknown[],
    name?: string,
  ): Promise<T[]>;
  /** One or more statements by the simple protocol; returns the last one's affected row count. */
  run(sql: string): Promise<number>;
  /** `COPY ... FROM stdin` with its inline data, or with what is read. */
  copyIn(sql: string, data: string | Readable): Promise<number>;
  /** `COPY ... TO stdout`. Where taking the rows fails, the session is given up. */
  copyOut(sql: string, take: (rows: Readable) => Promise<void>): Promise<void>;
  /** Asks the server, over another connection, to cancel what this session is running. */
  cancel(): Promise<void>;
  /** Drops the connection without a goodbye; whatever it was waiting for is rejected. */
  destroy(): void;
  close(): Promise<void>;
}

export interface ConnectOptions {
  url: string;
  /** Shown to whoever looks at the server's sessions; a takeover finds a dead run's by it. */
  applicationName: string;
  /** Milliseconds; default 10,000. */
  connectTimeoutMs?: number;
}

/** Milliseconds; 0 = no limit. */
export interface Timeouts {
  lockMs: number;
  statementMs: number;
}

/** What an error of a session means to the engine; `internal` did not come from a session at all. */
export interface Trouble {
  kind:
    | "lock-timeout"
    | "deadlock"
    /** Another transaction came first; like a deadlock it may go well the next time. */
    | "serialization"
    | "statement-timeout"
    | "cancelled"
    | "connection"
    | "server"
    | "internal";
  /** The server's own words, detail and hint included. */
  message: string;
  /** There is no such table, column or other object. */
  isMissing?: boolean;
  /** Types, or what hangs on them, do not go together. */
  isMisfit?: boolean;
  /** The server's code (SQLSTATE), when it was the server who spoke. */
  code?: string;
  /** 0-based offset in the statement's text at which the server saw it. */
  offset?: number;
}

/** Rows of a table that a transaction changed. */
export interface RowsSeen {
  /** Its name at the end of the transaction. */
  table: string;
  /** Its name at the begin where that is another one, and the tables that it is a partition of. */
  aliases?: string[];
  /** Of the table, and of those that it is a partition of, as catalogs have them. */
  identities?: string[];
  inserted: number;
  updated: number;
  deleted: number;
}

/** What a transaction did, seen just before its commit. */
export interface Observation {
  catalog: Catalog;
  changed: { before?: CatalogObject; after?: CatalogObject }[];
  rows: RowsSeen[];
}

/** Something that is kept on a shelf. */
export interface Shelved {
  shelf: string;
  /** `column public.users.email`, `table public.audit_log`, `rows of public.users`. */
  object: string;
  /** On disk, where it has a place of its own; 0 for a column. */
  bytes: number;
}

/** Rows on a shelf: those of a table, or of a column with the key of its rows. */
export interface ShelfTable {
  /** `column public.users.email`. */
  object: string;
  /** Free of others of the same shelf. */
  name: string;
  columns: { name: string; type: string }[];
  /** Of a column only: which of `columns` tell its rows apart; null where nothing does. */
  key: string[] | null;
  /** `COPY ... TO stdout`: one line for each row. */
  copy: string;
}

export interface ShelfContents {
  tables: ShelfTable[];
  /** What holds no rows, with the SQL that makes it; null where nobody knows. */
  objects: { object: string; sql: string[] | null }[];
}

/** How a run keeps what statements would destroy. The undo then says, as `kept`, what runs instead. */
export interface Keeping {
  /** A new name for what a statement would destroy. */
  shelf(): string;
  /** See {@link Safety}: from this size on a table is large, and its rows are not to be copied. */
  onlineAboveBytes?: number;
  /**
   * What a rollback of the same migration has put aside, by the text of its statement: in place of
   * the statement of which that is the undo, it returns.
   */
  returns?: ReadonlyMap<string, { shelf: string; sql: string[] }>;
}

/** To a question of an undo plan. */
export interface Answer extends Pick<Question, "what" | "object"> {
  /** Null: unknown. */
  count: number | null;
  /** Why it is. */
  why?: string;
}

/** What an undo would take, and what stands against it. */
export interface Standing {
  /** The strongest for each table, under the names that the tables have now. */
  locks: Lock[];
  answers: Answer[];
}

/** What one batch of a repeated statement has done. */
export interface Batch {
  rows: number;
  /** Of the present sweep, 0 to 1; null: not known. */
  share: number | null;
  /** Opaque, for the next batch; undefined: nothing is left. */
  progress?: unknown;
}

/** What is asked of {@link Dialect.safely}. */
export interface Safety {
  /** Smaller tables are not worth it: their statements run as written. 0: each is worth it. */
  onlineAboveBytes: number;
  /** How what the other statements destroy is kept, which decides whether they can be taken back. */
  keeping?: Keeping;
}

/** One statement on its way through the server; made by {@link Dialect.undoer}. */
export interface Undoer {
  /** Call just before the statement runs; tells how it will be undone, as far as that is known. */
  before(session: Session): Promise<Undo>;
  /** Call just after; tells how it is undone. */
  after(session: Session): Promise<Undo>;
}

/** Another session on the server. */
export interface OtherSession extends Record<string, unknown> {
  pid: number;
  /** Empty for a process of the server's own, such as autovacuum. */
  user: string;
  application: string;
  state: string;
  /** First 200 characters of what it runs or ran last. */
  query: string;
}

/** A session that waits for a lock. */
export interface Waiting extends Record<string, unknown> {
  pid: number;
  user: string;
  application: string;
  /** First 200 characters; the server's own words where this role may not see it. */
  query: string;
  /** What it waits for: `relation`, `transactionid`. */
  lock: string;
  waitedMs: number;
}

/** Totals since some point in time; only differences mean anything. */
export interface Counters extends Record<string, unknown> {
  commits: number;
  rollbacks: number;
  deadlocks: number;
}

export interface Standby extends Record<string, unknown> {
  name: string;
  /** Milliseconds from a commit here to its replay there; null where nothing was sent lately. */
  lagMs: number | null;
  /** Of log that is not replayed yet. */
  bytes: number | null;
}

/**
 * The first column of the first row (`undefined`: no row); or that the query cannot be run, because it
 * names what is not there, in the server's words.
 */
export type ProbeAnswer = { answer: unknown } | { absent: string };

/** One of ours that is connected, and who stands against it; `with` is null where nobody does. */
export interface Deadlocked {
  pid: number;
  with: number | null;
  /** Of the other one. */
  application: string;
  user: string;
  query: string;
  /** When ours began to wait: by that two are told apart. */
  since: string;
}

/** What becomes of the log that is to be kept elsewhere; all is 0 or null where `isOn` is false. */
export interface Archiver {
  isOn: boolean;
  /** Since some point in time. */
  failed: number;
  /** What it tried last has failed. */
  isFailing: boolean;
  /** Of the file that failed last, for people. */
  failedFile: string | null;
  /** Files of the log: that were written to, and up to which they are archived; null: not known. */
  written: number;
  archived: number | null;
  bytesPerFile: number;
}

/** Checkpoints that were asked for, by the amount of log or by somebody. */
export interface Checkpoints {
  requested: number;
  /** Milliseconds since they are counted; null: not known. */
  countedMs: number | null;
}

/** Somebody for whom the server keeps log back. */
export interface Slot extends Record<string, unknown> {
  name: string;
  isActive: boolean;
  /** `atRisk`: it will be lost unless it is read soon. `lost`: what it needs is gone. */
  state: "kept" | "atRisk" | "lost";
  bytes: number;
}

/** A place in which the server keeps files. */
export interface Folder {
  /** For people: `data`, `log`, `tablespace archive`. */
  name: string;
  path: string;
}

/**
 * How the server is doing, as facts; what is good and what is bad of them is the guard's to say. What
 * this role may not see is null, never zero.
 */
export interface LastStatements {
  /** By the server's clock. */
  now: string;
  /** Whether the server says of a statement that it has understood it. */
  isTold: boolean;
  /** That have ended a statement. */
  sessions: number;
  /** Of those: their statement never ran. */
  refused: number;
}

export interface Readings {
  /** Sessions that wait for a lock which a session whose application name begins so holds or wants. */
  blockedBy(session: Session, applicationPrefix: string): Promise<Waiting[]>;
  /** All sessions of this database that wait for a lock. */
  lockQueue(session: Session): Promise<Waiting[]>;
  /** Transactions of this database that are open and idle; null: this role may not see others'. */
  idleInTransaction(session: Session): Promise<{ sessions: number; longestMs: number } | null>;
  counters(session: Session): Promise<Counters>;
  /**
   * What sessions did last, those left out whose application name begins so or that have begun nothing
   * since `since`, which is `now` of the call before. Null: this role may not see others'.
   */
  lastStatements(
    session: Session,
    applicationPrefix: string,
    since: string | undefined,
  ): Promise<LastStatements | null>;
  /** Sessions whose application name begins so, each with one that waits for it, and it for that one. */
  deadlocked(session: Session, applicationPrefix: string): Promise<Deadlocked[]>;
  connections(session: Session): Promise<{ used: number; limit: number }>;
  /** Null: this role may not see them. */
  standbys(session: Session): Promise<Standby[] | null>;
  /** Statements run and the time that they took; null: the server does not keep count. */
  statements(session: Session): Promise<{ calls: number; totalMs: number } | null>;
  /** Reads only, whatever the text says. */
  probe(session: Session, sql: string): Promise<ProbeAnswer>;
  archiver(session: Session): Promise<Archiver>;
  checkpoints(session: Session): Promise<Checkpoints>;
  /** Bytes of log written in all, and for whom how many of them are kept. */
  log(session: Session): Promise<{ bytes: number; slots: Slot[] }>;
  /** On this machine; or why that is not known. */
  folders(session: Session): Promise<{ folders: Folder[] } | { why: string }>;
}

/**
 * A few rows of tables, and the same ones later. Outside of a transaction; needs no more than SELECT, is
 * cheap however large a table is, and gives way to whoever wants a lock.
 */
export interface RowSamples {
  /** Spread over the tables with these names, as in {@link Lock}; what is no table is passed over. */
  take(session: Session, names: readonly string[], limits: SampleLimits): Promise<RowSample>;
  again(session: Session, sampled: SampledTable, timeoutMs: number): Promise<SeenAgain>;
}

/** By name: which way a sequence goes, and the last number that it has given; null: none yet. */
export type SequenceNumbers = Record<string, { ascending: boolean; last: string | null }>;

/** A table as a statement names it, qualified or not, with quotes or without. */
export interface Named {
  name: string;
  /** Schemas in which it may be, where its name is not qualified. */
  path: readonly string[];
}

/** Which tables count as large. */
export interface Sizes {
  session: Session;
  /** Bytes, indexes left out: as in {@link Safety}, of which a rollback takes a part. */
  onlineAboveBytes: number;
}

export interface Dialect {
  readonly name: string;
  connect(options: ConnectOptions): Promise<Session>;
  /** Name and major version, e.g. `postgres 18`. */
  server(session: Session): Promise<string>;
  /**
   * Splits, classifies and groups a script. Throws BELAY_SQL_* with `at`; touches no server.
   * `keeping`: a statement of which only a part can be kept from destroying is taken apart.
   * `returning`: also one of which only a part may return.
   */
  toSteps(script: Script, options?: { keeping?: boolean; returning?: boolean }): Promise<Step[]>;
  /**
   * The same for SQL of our own, e.g. an undo. `onConflict`: absent, `keep-newer`. `sizes`: where it can
   * be asked how large the tables are now; absent: none is large.
   */
  undoToSteps(
    statements: readonly UndoStatement[],
    options?: { onConflict?: ConflictPolicy | undefined; sizes?: Sizes | undefined },
  ): Promise<Step[]>;

  /**
   * The steps with each statement that would block others replaced by the steps of a form that does
   * not, where it has one. Call just before the steps are executed, outside of a transaction; reads only.
   */
  safely(session: Session, steps: readonly Step[], safety: Safety): Promise<Step[]>;

  /**
   * Waits for what the server's upkeep does to these tables, so that no lock request has to with
   * everybody else behind it. Outside of a transaction; holds nothing afterwards. `waitMs`: for each at
   * most; then throws what the server does, which is a lock timeout.
   */
  awaitMaintenance(session: Session, tables: readonly Named[], waitMs: number): Promise<void>;
  begin(session: Session, timeouts: Timeouts): Promise<void>;
  commit(session: Session): Promise<void>;
  rollback(session: Session): Promise<void>;
  /** For statements outside of transactions. */
  setTimeouts(session: Session, timeouts: Timeouts): Promise<void>;
  /** Inside a transaction, after a statement that may have changed them. */
  restoreTimeouts(session: Session, timeouts: Timeouts): Promise<void>;
  /** Forgets what a migration left in the session: settings, role, temporary tables. */
  reset(session: Session): Promise<void>;
  searchPath(session: Session): Promise<string[]>;
  /** Of the tables that have one of these names now, qualified, with quotes or without: identity and name. */
  identities(session: Session, names: readonly string[]): Promise<[string, string][]>;
  /** For the transaction when there is one, else for the session. */
  setSearchPath(session: Session, path: readonly string[], inTransaction: boolean): Promise<void>;

  undoer(statement: PlannedStatement, keeping?: Keeping): Promise<Undoer>;
  execute(session: Session, statement: PlannedStatement): Promise<void>;
  /** One batch of a repeated statement, inside a transaction. `amount`: how much, from 1, grows. */
  batch(
    session: Session,
    statement: PlannedStatement,
    progress: unknown,
    amount: number,
  ): Promise<Batch>;
  probe(
    session: Session,
    probe: Probe,
  ): Promise<{ state: "done" | "not-done" | "half"; cleanup?: string }>;

  /**
   * Asks the questions of an undo that would run next. Outside of a transaction; changes nothing, and
   * takes no lock that a writer would wait for. `timeoutMs`: of each question. `heard`: with each answer,
   * as soon as it is there.
   */
  standing(
    session: Session,
    statements: readonly UndoStatement[],
    options: { timeoutMs: number; heard?: (answer: Answer) => void },
  ): Promise<Standing>;

  /** Why this role can put nothing aside; undefined: it can. */
  refusesKeeping(session: Session): Promise<string | undefined>;
  /** What is kept on these shelves now. */
  shelved(session: Session, shelves: readonly string[]): Promise<Shelved[]>;
  /** What there is to archive on a shelf. */
  contents(session: Session, shelf: string): Promise<ShelfContents>;
  /** For the transaction: values are written and read in one form, whatever the server's settings. */
  writePortably(session: Session): Promise<void>;
  /**
   * Makes an ordinary table, in a schema that is made too, and tells how to COPY rows into it.
   * `asText`: columns whose type is not there.
   */
  makeTable(
    session: Session,
    table: Pick<ShelfTable, "name" | "columns"> & { schema: string },
  ): Promise<{ table: string; copy: string; asText: string[] }>;
  /** What else depends on things on a shelf, so that they cannot be destroyed. */
  dependents(session: Session, shelf: string): Promise<{ object: string; by: string[] }[]>;
  /** Statements that destroy it. The server refuses them while something else still depends on it. */
  destruction(session: Session, shelves: readonly string[]): Promise<string[]>;

  extract(session: Session): Promise<Catalog>;
  /** Opaque mark for {@link Dialect.observe}; taken just after {@link Dialect.begin}. */
  mark(session: Session): Promise<unknown>;
  observe(session: Session, mark: unknown, before: Catalog): Promise<Observation>;
  /**
   * Where other tables have taken the names of those before: prepares that rows written to them come
   * over to the old ones. Undos that run `first`, before all others, and `last`, in one transaction.
   */
  carry(
    session: Session,
    changed: Observation["changed"],
    keeping: Keeping,
  ): Promise<{ first: Undo; last: Undo } | undefined>;

  /** Objects that are there but do not work (INVALID indexes), one line each. */
  unhealthy(session: Session): Promise<string[]>;

  trouble(error: unknown): Trouble;
  /** Who holds what `pid` waits for, and who waits for what `pid` holds. */
  blockers(
    session: Session,
    pid: number,
  ): Promise<{ holders: OtherSession[]; waiters: OtherSession[] }>;
  readonly readings: Readings;
  readonly rowSamples: RowSamples;
  /** Of sequences that belong to a column; 500 at most. Throws where one is locked for long. */
  sequenceNumbers(session: Session): Promise<SequenceNumbers>;
}
