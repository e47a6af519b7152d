// Owns: the plan as data. What a migration's statements change, which locks they need, how each is
// undone and what would be lost, and the steps in which they run. Serialised into the journal, so
// every type here is plain JSON; `journal/format.md` describes the stored form. No I/O.

/** PostgreSQL's table lock modes, weakest first; MariaDB's metadata locks map onto the same words. */
export const lockModes = [
  "ACCESS SHARE",
  "ROW SHARE",
  "ROW EXCLUSIVE",
  "SHARE UPDATE EXCLUSIVE",
  "SHARE",
  "SHARE ROW EXCLUSIVE",
  "EXCLUSIVE",
  "ACCESS EXCLUSIVE",
] as const;

export type LockMode = (typeof lockModes)[number];

export interface Lock {
  /** Qualified as the statement names it, e.g. `public.users` or `users`. */
  table: string;
  mode: LockMode;
}

/** The strongest of some locks; null when there are none. */
export function strongest(locks: readonly Lock[]): LockMode | null {
  let best = -1;
  for (const lock of locks) best = Math.max(best, lockModes.indexOf(lock.mode));
  return lockModes[best] ?? null;
}

/** What one statement does to the catalog or to rows, in words shared by all dialects. */
export interface Change {
  /** Verb-noun, e.g. `drop-column`, `rename-table`, `update`. */
  kind: string;
  /** What it is done to, as the statement names it, e.g. `users.email`. */
  object: string;
}

/** Something that cannot be brought back. */
export interface Loss {
  /** `column users.email`, `table audit_log`, `rows of users`: names the thing. */
  object: string;
  /** One clause: why it is lost. */
  why: string;
  /** How many rows hold it now; null when nobody counted. */
  rows: number | null;
  /** True when `rows` is the planner's estimate. */
  estimated?: boolean;
  /** It is lost only when the migration is taken back: carrying it out destroys nothing. */
  whenUndone?: boolean;
}

/** A row, or a constraint, on which a rollback and what was written since do not agree. */
export interface Conflict {
  /** Qualified, quoted. */
  target: string;
  /** Of the row; null for a constraint. Here and below, numbers that JavaScript would round are texts. */
  key: unknown;
  columns: string[] | null;
  /** After the migration, before it, and now. */
  base: unknown;
  theirs: unknown;
  ours: unknown;
  /** What became of it: `kept newer`, `restored`, `parked`, `not carried over`; of a constraint, in words. */
  resolution: string;
}

/**
 * Where a rollback finds a row or cell that somebody wrote since the migration wrote it: leave it;
 * put back what was there before the migration; leave it, and mark it as to be decided. Each is
 * recorded with all three values.
 */
export const conflictPolicies = ["keep-newer", "restore", "park"] as const;

export type ConflictPolicy = (typeof conflictPolicies)[number];

/** A table that a question reads, with the columns as the question names them. */
export interface ReadTable {
  /** By which it is found, whatever its name is then. */
  oid: string;
  /** Without the tables that inherit from it. */
  only?: boolean;
  /** `number` is the column's own, whatever its name is then; absent: its name never changes. */
  columns: { name: string; number?: number }[];
}

/**
 * What stands against a statement of an undo plan, to be asked at any time before it runs. `rows`: rows
 * that it goes over, which is no obstacle. The others are rows of which it will complain: `conflicts`
 * that both sides have changed; `misfits` that the old type cannot hold; `violations` of a constraint
 * that comes back.
 */
export interface Question {
  what: "rows" | "conflicts" | "misfits" | "violations";
  /** `public.users.email`, `users_email_key of public.users`. */
  object: string;
  /**
   * SELECT of one count over `asked_1`, `asked_2`, ..., which stand for `reads`; a NULL: it cannot be
   * told. Null: nobody knows how to ask.
   */
  sql: string | null;
  /** Of `rows`, and of `misfits`, these are also what the statement writes to. */
  reads: ReadTable[];
}

/** One statement of an undo plan. */
export interface UndoStatement {
  sql: string;
  asks?: Question[];
  /** Of a block, whose text does not show them. */
  locks?: Lock[];
  /** False for what the server refuses inside a transaction block (DROP INDEX CONCURRENTLY). */
  transactional: boolean;
  /** Schemas in which its names are to be resolved; absent: those of the session. */
  searchPath?: readonly string[];
  /** Tables whose rows it brings together with what was written since; nothing of it is undone in turn. */
  merges?: string[];
  /** The migration has dropped something for good behind it: what is gone is passed over. */
  mayBeGone?: boolean;
  /**
   * It holds no rows, but puts back or takes away a definition: where a type had to stay that it does
   * not fit, it is left out and told as a conflict.
   */
  mayNotFit?: boolean;
  /**
   * It puts back what an earlier statement of the migration has made, if that one is undone by this
   * text: then neither runs. Gone once the whole migration is known.
   */
  unlessMadeBy?: string;
  /**
   * It reads a whole table under a lock that writers pass. Where that is a large one it runs behind all
   * others, in a transaction of its own, so that nobody waits while it reads; and where it fails there,
   * `otherwise` runs in its place.
   */
  behind?: {
    /** By which the table is found, whatever its name is then. */
    oid: string;
    otherwise: string;
  };
}

/** How a statement runs so that what it would destroy is kept for as long as its undo window is open. */
export interface Kept {
  /** Names the shelf: eight hexadecimal digits. What is on it is found by that, whatever becomes of it. */
  shelf?: string;
  /** The shelf that it empties: what an earlier rollback had put aside is in its place again. */
  frees?: string;
  /** Runs just before the statement, in its transaction. */
  before?: string[];
  /** Runs in its place; absent: it runs as written. */
  instead?: string[];
  /** Runs just after. */
  after?: string[];
  /** Runs behind the last statement of the transaction. */
  last?: string[];
  /** Tables whose changed rows are kept, qualified, for people. */
  tables?: string[];
  /** What that takes on each of them, until the transaction's end. */
  lock?: LockMode;
  /** Tables made anew under the name of others, to which what is written to them comes over. */
  carries?: string[];
  /** Tables of which an empty twin has the name meanwhile; its undo brings over what is written to it. */
  twins?: string[];
}

/**
 * How a statement is undone: a closed union. `sql` runs in the order given. `shelved`: what it drops
 * is put aside; `captured`: the rows that it changes are.
 */
export type Undo =
  | { kind: "exact"; sql: UndoStatement[] }
  | { kind: "shelved"; sql: UndoStatement[]; kept: Kept }
  | { kind: "captured"; sql: UndoStatement[]; kept: Kept }
  | { kind: "lossy"; sql: UndoStatement[]; losses: Loss[]; kept?: Kept }
  | { kind: "irreversible"; why: string };

export function keptOf(undo: Undo): Kept | undefined {
  return "kept" in undo ? undo.kept : undefined;
}

export type Verdict = "exact" | "lossy" | "irreversible";

/** A question to the catalog that tells whether a non-transactional statement has happened. */
export interface Probe {
  /**
   * SELECT returning one row. Its first column: `done`, `not-done` or `half`. A second one, if there is
   * one, is what `cleanup` would be.
   */
  sql: string;
  /** What removes a half-done attempt (an INVALID index), run before the retry; absent: nothing to remove. */
  cleanup?: UndoStatement;
}

/** How a statement that would block is carried out so that it does not; equal to it in the end. */
export interface Form {
  /** One word: `concurrently`. */
  name: string;
  /** One clause: why it is worth it. */
  why: string;
  /** The statement as the user wrote it; several statements may be parts of its form. */
  written: string;
}

/** A table that a repeated statement sweeps over, until nothing is left. */
export interface Sweeps {
  /** Qualified and quoted. */
  table: string;
  /** A query that has a row for each that the statement has still to change. */
  left: string;
}

/**
 * How a statement of Belay's own is run in batches: run, committed, and run again until nothing is left
 * to change. It must pass over rows that it has changed already, since a recovery begins from the start.
 */
export interface Repeat {
  /**
   * `$1` and `$2` in its text stand for where a batch begins, and for where the next one does
   * (`ctid >= $1 AND ctid < $2`). Absent: the text itself limits what one run does, and it is run until
   * it changes no row.
   */
  sweeps?: Sweeps;
  /** Triggers of the user's do not fire for what it changes, and keys are not checked. */
  quietly?: boolean;
}

/** What a row gets that is born while a dropped column is hidden, when that returns. */
export interface Fill {
  /** Unquoted. */
  column: string;
  /** Over the columns of its table, as the author wrote it. */
  expression: string;
}

/** One statement, with what is known of it before it runs. */
export interface PlannedStatement {
  /** The user's text, spliced by position, never reprinted; no trailing semicolon. */
  sql: string;
  /** 1-based line in the user's file; 0 for statements of Belay's own. */
  line: number;
  /** Kinds of the statement's changes; at least one. */
  changes: Change[];
  locks: Lock[];
  /** Reads every row of a table while the lock is held. */
  scans: boolean;
  /** Writes every row of a table anew while the lock is held. */
  rewrites: boolean;
  transactional: boolean;
  /** Inline data of `COPY ... FROM stdin`. */
  copyData?: string;
  /** A session setting (SET, set_config): replayed when a later step resumes in a new session. */
  session?: boolean;
  /** Schemas in which its names are to be resolved; absent: those of the session. */
  searchPath?: readonly string[];
  /**
   * Schemas in which its names will be looked for, as far as its file says that (SET search_path). Null:
   * the file changes them in a way that is not known before. Absent: those of the session. It is for
   * looking ahead; when the statement runs, its session decides.
   */
  foreseenPath?: readonly string[] | null;
  /** Run just before it; where that fails, so does the statement: it was planned for something else. */
  requires?: string;
  /** Of Belay's own undo: see {@link UndoStatement}. */
  merges?: string[];
  mayBeGone?: boolean;
  mayNotFit?: boolean;
  /** For non-transactional statements. */
  probe?: Probe;
  /** What it does is only seen by comparing the catalog before and after (DO, CALL, SELECT f()). */
  observe?: boolean;
  /** Undo as far as the text tells. */
  undo: Undo;
  /** The catalog, asked just before the statement runs, says more: definitions, names, rows. */
  undoFromCatalog?: boolean;
  /** Its author wants it to run as it is written. */
  verbatim?: boolean;
  /** For columns that it drops. */
  fills?: Fill[];
  /**
   * It carries out a written statement, or a part of one. With `undoFromCatalog` its undo is that of
   * the written statement, else it is `undo` as it stands here.
   */
  form?: Form;
  /** Part of a form that later parts of it remove: undone only where the migration does not finish. */
  temporary?: boolean;
  /** It runs in batches, alone in its step, which counts as transactional. */
  repeat?: Repeat;
  /** One clause: why it runs as written although it blocks others for as long as a large table takes. */
  blocks?: string;
}

/** What the engine executes as a unit: one transaction, or one statement outside of one. */
export interface Step {
  /** `1`, `2`, ... within the plan. */
  id: string;
  transactional: boolean;
  statements: PlannedStatement[];
  /** Run in their place where they fail: the plan is carried out without what they do. */
  otherwise?: PlannedStatement[];
}

/** How a migration is carried out; `online`: at least one statement in a safe form. */
export type Strategy = "transactional" | "online" | "blue-green" | "backup-and-restore";

export interface Plan {
  version: string;
  name: string;
  direction: "up" | "down";
  strategy: Strategy;
  /** The file it was made from, for messages; absent for plans that came from the journal. */
  path?: string;
  steps: Step[];
}

/** Wraps text as a transactional undo statement. */
export function inTransaction(sql: string): UndoStatement {
  return { sql, transactional: true };
}

export function exactly(...sql: string[]): Undo {
  return { kind: "exact", sql: sql.map(inTransaction) };
}

/** Nothing to take back: the statement changes neither catalog nor rows (SET, SELECT 1, VACUUM). */
export const nothingToUndo: Undo = { kind: "exact", sql: [] };

/** The verdict over several undos: as bad as the worst of them. */
export function verdictOf(undos: readonly Undo[]): Verdict {
  if (undos.some((undo) => undo.kind === "irreversible")) return "irreversible";
  if (undos.some((undo) => undo.kind === "lossy")) return "lossy";
  return "exact";
}

/** All that would be lost. */
export function lossesOf(undos: readonly Undo[]): Loss[] {
  return undos.flatMap((undo) => (undo.kind === "lossy" ? undo.losses : []));
}

/** A loss that matters: what holds no rows takes none with it. Estimates of none are no knowledge. */
export function isFelt({ rows, estimated }: Loss): boolean {
  return rows !== 0 || estimated === true;
}

/** What carrying statements out destroys for good, and what they do that nothing takes back. */
export function destroyedBy(done: readonly { changes: Change[]; undo: Undo }[]): Loss[] {
  return done.flatMap(({ changes, undo }): Loss[] => {
    if (undo.kind === "lossy")
      return undo.losses.filter((loss) => isFelt(loss) && !loss.whenUndone);
    if (undo.kind !== "irreversible") return [];
    const object = changes.map((change) => `${change.kind} ${change.object}`.trim()).join(", ");
    return [{ object, why: undo.why, rows: null }];
  });
}
