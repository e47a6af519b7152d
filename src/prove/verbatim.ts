// Owns: running what the author wrote, as written: no journal, no undo, no safe form. It is the
// measure for everything else. After each statement the server is asked which locks it holds.

import type { Catalog } from "../core/catalog.ts";
import { BelayError } from "../core/errors.ts";
import type { Migration, Script } from "../core/migration.ts";
import { type LockMode, lockModes, type PlannedStatement, type Step } from "../core/plan.ts";
import type { Session } from "../dialects/dialect.ts";
import type { HeldLock } from "../dialects/rehearsal.ts";
import type { MeasuredLock } from "./result.ts";
import type { Copy, Scratch } from "./scratch.ts";

const unlimited = { lockMs: 0, statementMs: 0 };

/**
 * Returns the locks that it took. Throws BELAY_STATEMENT with the server's words and the place in
 * the file.
 */
export async function runVerbatim(
  scratch: Scratch,
  copy: Copy,
  { up }: Migration,
  before: Catalog,
): Promise<{ steps: Step[]; locks: MeasuredLock[] }> {
  const steps = await scratch.server.dialect.toSteps(up);
  const locks: MeasuredLock[] = [];
  const storages = new Map([...before.values()].map(({ name, storage }) => [name, storage ?? ""]));
  await copy.with(async (session) => {
    for (const step of steps) locks.push(...(await runStep(scratch, session, step, up, storages)));
  });
  return { steps, locks };
}

/** Tables that the migration names, as it names them. */
export async function touches({ server }: Scratch, { up }: Migration): Promise<string[]> {
  const steps = await server.dialect.toSteps(up);
  const statements = steps.flatMap((step) => step.statements);
  return [...new Set(statements.flatMap(({ locks }) => locks.map(({ table }) => table)))];
}

async function runStep(
  { server, environment }: Scratch,
  session: Session,
  { transactional, statements }: Step,
  script: Script,
  storages: ReadonlyMap<string, string>,
): Promise<MeasuredLock[]> {
  const { dialect, rehearsals } = server;
  const taken = new Map<string, Taken>();
  if (transactional) await dialect.begin(session, unlimited);
  for (const statement of statements) {
    const at = environment.monotonic();
    try {
      await dialect.execute(session, statement);
    } catch (error) {
      throw refused(error, statement, script, dialect.trouble(error).message);
    }
    if (!transactional) continue;
    for (const held of await rehearsals.locks(session)) note(taken, held, at);
  }
  const last = statements.at(-1);
  if (transactional) {
    // A deferred constraint speaks up only now.
    await dialect.commit(session).catch((error: unknown) => {
      throw refused(error, last, script, `COMMIT: ${dialect.trouble(error).message}`);
    });
  }
  const end = environment.monotonic();
  return [...taken].map(([table, { mode, at, storage }]) => {
    const first = storages.get(`table ${table}`) ?? "";
    const rewritten = first !== "" && storage !== first;
    return { table, mode, ms: Math.round(end - at), rewritten };
  });
}

interface Taken {
  mode: LockMode;
  at: number;
  storage: string;
}

function note(taken: Map<string, Taken>, { table, mode, storage }: HeldLock, at: number): void {
  const known = taken.get(table);
  if (known === undefined) taken.set(table, { mode, at, storage });
  else if (isStronger(mode, known.mode)) taken.set(table, { ...known, mode, at, storage });
  else known.storage = storage;
}

function refused(
  cause: unknown,
  statement: PlannedStatement | undefined,
  { path }: Script,
  message: string,
): BelayError {
  const at = `${path}:${statement?.line ?? 1}`;
  return new BelayError("BELAY_STATEMENT", message, { at, cause, state: "Only a copy was used." });
}

function isStronger(a: LockMode, b: LockMode): boolean {
  return lockModes.indexOf(a) > lockModes.indexOf(b);
}
