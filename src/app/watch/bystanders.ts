// Owns: what a rollback could leave worse beside rows and catalog, looked at before a watch begins and
// again after it: sequences that would give a number twice, and standbys that are not there any more.

import { messageOf } from "../../core/errors.ts";
import type { Bystanders, IncidentCheck } from "../../journal/record.ts";
import { stateOf } from "../../journal/state.ts";
import { readRecords } from "../../journal/store.ts";
import type { Settings } from "../settings.ts";
import { withSession } from "../target.ts";

const [looks, pauseMs] = [10, 1_000];

/** Undefined: they could not be looked at; that a migration is watched does not hang on it. */
export async function lookAround(settings: Settings): Promise<Bystanders | undefined> {
  return withSession(settings, async (session, { dialect }) => {
    const behind = await dialect.sequencesBehind(session);
    const standbys = await dialect.readings.standbys(session);
    return { behind, standbys: standbys?.map(({ name }) => name) ?? null };
  }).catch((error: unknown) => {
    const message = `Sequences and standbys are not looked at: ${messageOf(error)}`;
    settings.report({ kind: "note", message });
    return undefined;
  });
}

/** `watch`: the `seq` of its first record. Nothing, where nobody had looked then, or nobody can now. */
export async function checkAround(settings: Settings, watch: number): Promise<IncidentCheck[]> {
  const before = await withSession(settings, async (session) => {
    const { watches } = stateOf(await readRecords(session));
    return watches.find(({ seq }) => seq === watch)?.started.around;
  });
  if (before === undefined) return [];
  let now = await lookAround(settings);
  // One that has lost its connection comes back by itself within seconds.
  for (let look = 1; look < looks && now && gone(before, now).length > 0; look += 1) {
    await settings.environment.sleep(pauseMs);
    now = await lookAround(settings);
  }
  if (now === undefined) return [];
  const fallen = now.behind.filter((name) => !before.behind.includes(name));
  const sequences = checkOf("sequences", fallen, "none has fallen behind its column");
  const count = before.standbys?.length ?? 0;
  if (count === 0) return [sequences];
  return [sequences, checkOf("replication", gone(before, now), `${count} as before`)];
}

function checkOf(name: string, wrong: readonly string[], well: string): IncidentCheck {
  return {
    name,
    passed: wrong.length === 0,
    detail: wrong.length === 0 ? well : `behind, or gone: ${wrong.join(", ")}`,
  };
}

/** Standbys; several may have one name. */
function gone({ standbys: before }: Bystanders, { standbys: now }: Bystanders): string[] {
  const left = [...(now ?? [])];
  return (before ?? []).filter((name) => {
    const at = left.indexOf(name);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
