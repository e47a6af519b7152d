// Owns: the states of databases in a rehearsal, and the stage on which a migration is rehearsed.

import type { Catalog } from "../core/catalog.ts";
import type { Contents, Filled } from "../dialects/rehearsal.ts";
import type { Finding, MeasuredLock } from "./result.ts";
import type { Copy, Scratch } from "./scratch.ts";

/** A database and what is in it. */
export interface State {
  catalog: Catalog;
  contents: Contents;
}

/** The database before the migration, to copy from, and what the written statements make of it. */
export interface Stage {
  copy: Copy;
  before: State;
  /** Read while the rehearsal begins. */
  verbatim: Promise<State>;
  /** Each migration is rehearsed with other rows. */
  seed: number;
  /** What the server showed of the written statements' locks. */
  locks: MeasuredLock[];
  /** Where that is not what the plan says. */
  findings: Finding[];
  /** Rows made up. */
  filled: number;
  /** Tables with fewer rows than wanted. */
  unfilled: readonly Filled[];
}

export async function readState(scratch: Scratch, copy: Copy): Promise<State> {
  const { dialect, rehearsals } = scratch.server;
  const session = await copy.looking();
  const catalog = await dialect.extract(session);
  return { catalog, contents: await rehearsals.read(session) };
}
