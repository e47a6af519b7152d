// Owns: the crash walk of one migration: a death at every crash point of its up, its down and its
// redo, and of the recovery after them; each time `recover` has to reach a state that the command
// starts from or ends in. All points in order, none picked; a budget says what was left out.

import { describeDifference, differences } from "../core/catalog.ts";
import { Mortal } from "./mortal.ts";
import type { Rehearsal } from "./rehearse.ts";
import type { CrashProof, UndoSource } from "./result.ts";
import { sameRows } from "./same-rows.ts";
import type { Copy } from "./scratch.ts";
import { readState, type State } from "./stage.ts";

type Command = "up" | "down" | "redo";

interface Walked extends Rehearsal {
  undoSource: UndoSource;
}

interface Walk extends Walked {
  /** Deaths that may still be rehearsed. */
  budget: number;
  proof: CrashProof;
}

export async function walkCrashes(rehearsal: Walked, budget: number): Promise<CrashProof> {
  const proof: CrashProof = { points: 0, failures: 0, leftOut: 0, details: [] };
  const walk: Walk = { ...rehearsal, budget, proof };
  const { stage, actors, migration, undoSource } = rehearsal;
  await walkCommand(walk, "up", stage.copy, [stage.before]);
  // Where it cannot go back, there is no more to walk.
  await using applied = await stage.copy.copy();
  if ((await actors.up(applied.url, migration.version)).error) return proof;
  const migrated = await readState(rehearsal.scratch, applied);
  await using undone = await applied.copy();
  if ((await actors.down(undone.url, undoSource)).error) return proof;
  const back = await readState(rehearsal.scratch, undone);
  await walkCommand(walk, "down", applied, [migrated]);
  await walkCommand(walk, "redo", applied, [migrated, back]);
  return proof;
}

/** `from`: the states in which it may be found, besides the one in which the command ends. */
async function walkCommand(walk: Walk, command: Command, origin: Copy, from: State[]) {
  const counting = new Mortal(walk.scratch.environment, 0);
  await using copy = await origin.copy();
  await run(walk, command, copy.url, counting);
  const states = [...from, await readState(walk.scratch, copy)];
  await using again = await origin.copy();
  await run(walk, command, again.url, new Mortal(walk.scratch.environment, 0));
  // What differs between two runs of the same (now(), random()) says nothing.
  const noise = namesOf(
    sameRows(
      states.at(-1)?.contents as State["contents"],
      (await readState(walk.scratch, again)).contents,
    ),
  );
  let recoveryWalked = false;
  for (let dieAt = 1; dieAt <= counting.passed.length; dieAt += 1) {
    const point = counting.passed[dieAt - 1];
    const where = `${command} at ${point} (${dieAt})`;
    if (walk.proof.points >= walk.budget) {
      walk.proof.leftOut += 1;
      continue;
    }
    await using victim = await origin.copy();
    const mortal = new Mortal(walk.scratch.environment, dieAt);
    await mortal.diesIn(run(walk, command, victim.url, mortal));
    // One recovery that has something to do is walked in its turn.
    const isOpen = point === "statement-ran" || point === "step-committed";
    if (isOpen && !recoveryWalked) {
      recoveryWalked = true;
      await walkRecovery(walk, victim, where, states, noise);
    }
    await recoverAndJudge(walk, victim, where, states, noise);
  }
}

async function walkRecovery(
  walk: Walk,
  victim: Copy,
  where: string,
  states: readonly State[],
  noise: ReadonlySet<string>,
): Promise<void> {
  const counting = new Mortal(walk.scratch.environment, 0);
  await using copy = await victim.copy();
  await walk.actors.recover(copy.url, { mortal: counting });
  for (let dieAt = 1; dieAt <= counting.passed.length; dieAt += 1) {
    // One is left for the victim itself.
    if (walk.proof.points + 1 >= walk.budget) {
      walk.proof.leftOut += 1;
      continue;
    }
    await using second = await victim.copy();
    const mortal = new Mortal(walk.scratch.environment, dieAt);
    await mortal.diesIn(walk.actors.recover(second.url, { mortal }));
    const point = `${where}, then its recovery at ${counting.passed[dieAt - 1]} (${dieAt})`;
    await recoverAndJudge(walk, second, point, states, noise);
  }
}

async function run(walk: Walk, command: Command, url: string, mortal: Mortal): Promise<unknown> {
  const { actors, migration, undoSource } = walk;
  if (command === "up") return actors.up(url, migration.version, { mortal });
  return actors[command](url, undoSource, { mortal });
}

async function recoverAndJudge(
  { scratch, actors, proof }: Walk,
  copy: Copy,
  where: string,
  states: readonly State[],
  noise: ReadonlySet<string>,
): Promise<void> {
  proof.points += 1;
  const fail = (why: string) => {
    proof.failures += 1;
    proof.details.push(`${where}: ${why}`);
  };
  const { error } = await actors.recover(copy.url);
  if (error !== undefined) return fail(`recover: ${error.message}`);
  const now = await readState(scratch, copy);
  const reasons = states.map((state) => unequal(state, now, noise));
  if (reasons.every((reason) => reason !== undefined)) {
    fail(`neither before nor after: ${reasons.join(" / ")}`);
  }
}

/** Undefined: the same. */
function unequal(state: State, now: State, noise: ReadonlySet<string>): string | undefined {
  const [first] = differences(state.catalog, now.catalog, "name");
  if (first !== undefined) return describeDifference(first);
  const rows = namesOf(sameRows(state.contents, now.contents));
  const [name] = [...rows].filter((each) => !noise.has(each));
  return name === undefined ? undefined : `other rows in ${name}`;
}

function namesOf(unequalColumns: ReturnType<typeof sameRows>): Set<string> {
  return new Set(unequalColumns.map(({ table, column }) => `${table} ${column ?? ""}`));
}
