// Owns: the one error class that users and programs see, and the table of its stable codes.
// Each error says what happened (message), what state the database is in (state), and what to do
// next (hint). Codes are never renamed or reused; `docs/errors.md` explains each.

/** Process exit statuses; DESIGN of the command line, stable for scripts. */
export const exit = {
  done: 0,
  no: 1,
  failed: 2,
  interrupted: 3,
  refused: 4,
  rolledBack: 5,
  usage: 64,
} as const;

/** Every error code with the exit status it leads to. */
export const errorCodes = {
  BELAY_USAGE: exit.usage,
  BELAY_CONFIG: exit.usage,
  BELAY_INTERNAL: exit.interrupted,
  // reading migrations
  BELAY_DIR_MISSING: exit.usage,
  BELAY_FORMAT_UNKNOWN: exit.usage,
  BELAY_FORMAT_AMBIGUOUS: exit.usage,
  BELAY_FILE_NAME: exit.failed,
  BELAY_FILE_ENCODING: exit.failed,
  BELAY_FILE_SECTION: exit.failed,
  BELAY_DUPLICATE_VERSION: exit.failed,
  BELAY_VERSION_UNKNOWN: exit.usage,
  BELAY_CHECKSUM: exit.refused,
  BELAY_FILE_MISSING: exit.refused,
  BELAY_OUT_OF_ORDER: exit.refused,
  // reading SQL
  BELAY_SQL_SYNTAX: exit.failed,
  BELAY_SQL_TRANSACTION: exit.failed,
  BELAY_SQL_PSQL: exit.failed,
  BELAY_SQL_COPY: exit.failed,
  BELAY_SQL_RESERVED: exit.failed,
  BELAY_SQL_DIRECTIVE: exit.failed,
  // servers
  BELAY_CONNECT: exit.failed,
  BELAY_SERVER_UNSUPPORTED: exit.failed,
  BELAY_PERMISSION: exit.failed,
  BELAY_EMBEDDED_PLATFORM: exit.failed,
  BELAY_EMBEDDED_START: exit.failed,
  // journal and lease
  BELAY_JOURNAL_VERSION: exit.refused,
  BELAY_JOURNAL_CORRUPT: exit.interrupted,
  BELAY_LEASE_HELD: exit.refused,
  BELAY_LEASE_LOST: exit.interrupted,
  BELAY_DRIFT: exit.refused,
  BELAY_INTERRUPTED: exit.interrupted,
  // proofs
  BELAY_PROOF: exit.refused,
  // running
  BELAY_UP_LOSS: exit.refused,
  BELAY_STATEMENT: exit.failed,
  BELAY_LOCK_BUDGET: exit.failed,
  BELAY_CANCELLED: exit.failed,
  BELAY_HALFWAY: exit.interrupted,
  BELAY_CONNECTION_LOST: exit.interrupted,
  // watching
  BELAY_GUARD: exit.rolledBack,
  BELAY_GUARD_UNDER_WAY: exit.refused,
  // going back
  BELAY_SHELF_IN_USE: exit.refused,
  BELAY_ARCHIVE: exit.failed,
  BELAY_UNDO_LOSS: exit.refused,
  BELAY_UNDO_NONE: exit.refused,
  BELAY_UNDO_ORDER: exit.refused,
  BELAY_UNDO_MISMATCH: exit.failed,
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** Details of a {@link BelayError}; every field is shown to people and in JSON. */
export interface ErrorInfo {
  /** What state the database is in, one sentence. */
  state?: string;
  /** What to do next, one sentence. */
  hint?: string;
  /** Where in the user's files, `path:line`. */
  at?: string;
  /** Facts for programs; names and numbers, never prose. */
  details?: Record<string, unknown>;
  cause?: unknown;
  /** Overrides the code's usual exit status. */
  exit?: number;
}

/** The state sentence of every error that comes before the first statement runs. */
export const untouched = "The database was not touched.";

/** An operating error with a stable code. Anything else that is thrown is a bug in Belay. */
export class BelayError extends Error {
  override readonly name = "BelayError";
  readonly code: ErrorCode;
  readonly exit: number;
  readonly state: string | undefined;
  readonly hint: string | undefined;
  readonly at: string | undefined;
  readonly details: Record<string, unknown>;

  constructor(code: ErrorCode, message: string, info: ErrorInfo = {}) {
    super(message, info.cause === undefined ? undefined : { cause: info.cause });
    this.code = code;
    this.exit = info.exit ?? errorCodes[code];
    this.state = info.state;
    this.hint = info.hint;
    this.at = info.at;
    this.details = info.details ?? {};
  }

  /** The JSON form that `--json` prints under `error`. */
  toJSON(): Record<string, unknown> {
    return {
      code: this.code,
      message: this.message,
      ...(this.state === undefined ? {} : { state: this.state }),
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      ...(this.at === undefined ? {} : { at: this.at }),
      ...(Object.keys(this.details).length === 0 ? {} : { details: this.details }),
    };
  }
}

/** For our own invariants only; never for users' input. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`internal: ${message}`);
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
