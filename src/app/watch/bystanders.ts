// Owns: what a rollback could leave worse beside rows and catalog, looked at before a watch begins and
// again after it: sequences that begin anew, and standbys that are not there any more.

import { messageOf } from "../../core/errors.ts";
import type { SequenceNumbers } from "../../dialects/dialect.ts";
import type { Bystanders, IncidentCheck } from "../../journal/record.ts";
import { readRecords, readSeenBefore } from "../../journal/store.ts";
import type { Settings } from "../settings.ts";
import { withSession } from "../target.ts";
import { watchBefore } from "./sampled-rows.ts";

/** Looks, and milliseconds between them: a lock goes by, and a standby comes back by itself. */
const [looks, pauseMs] = [10, 1_000];

/** Undefined: they could not be looked at; that a migration is watched does not hang on it. */
export async function lookAround(settings: Settings): Promise<Bystanders | undefined> {
  return look(settings).catch((error: unknown) => {
    const message = `Sequences and standbys are not looked at: ${messageOf(error)}`;
    settings.report({ kind: "note", message });
    return undefined;
  });
}

async function look(settings: Settings): Promise<Bystanders> {
  return withSession(settings, async (session, { dialect }) => {
    const sequences = await dialect.sequenceNumbers(session);
    const standbys = await dialect.readings.standbys(session);
    return { sequences, standbys: standbys?.map(({ name }) => name).filter(stays) ?? null };
  });
}

/** What copies the server, or a table, comes and goes. */
function stays(name: string): boolean {
  return !/^pg_(basebackup|receivewal|recvlogical|\d+_sync_\d+_\d+)$/.test(name);
}

/** `watch`: the `seq` of its first record. Nothing, where nobody had looked then. */
export async function checkAround(settings: Settings, watch: number): Promise<IncidentCheck[]> {
  const before = await withSession(settings, async (session) => {
    const first = watchBefore(await readRecords(session), watch);
    return (await readSeenBefore(session, first)).around;
  });
  if (before === undefined) return [];
  let checks: IncidentCheck[] = [];
  for (let count = 1; count <= looks; count += 1) {
    checks = await compared(settings, before);
    if (checks.every(({ passed }) => passed)) break;
    if (count < looks) await settings.environment.sleep(pauseMs);
  }
  return checks;
}

async function compared(settings: Settings, before: Bystanders): Promise<IncidentCheck[]> {
  try {
    const now = await look(settings);
    const back = gone(before.sequences, now.sequences);
    const sequences = checkOf("sequences", back, "begin anew", "none begins anew");
    const count = before.standbys?.length ?? 0;
    if (count === 0) return [sequences];
    if (now.standbys === null) {
      const detail = "standbys are hidden from this role by now";
      return [sequences, { name: "replication", passed: false, detail }];
    }
    const away = missing(before.standbys ?? [], now.standbys);
    return [sequences, checkOf("replication", away, "not there", `${count} standbys, as before`)];
  } catch (error) {
    const detail = `could not be looked at: ${messageOf(error)}`;
    return [{ name: "sequences", passed: false, detail }];
  }
}

function checkOf(name: string, bad: readonly string[], wrong: string, well: string): IncidentCheck {
  return {
    name,
    passed: bad.length === 0,
    detail: bad.length === 0 ? well : `${wrong}: ${bad.join(", ")}`,
  };
}

/** Those that have gone back to a number that they had given; those that are not there are the catalog's. */
function gone(before: SequenceNumbers, now: SequenceNumbers): string[] {
  return Object.entries(before).flatMap(([name, { ascending, last }]) => {
    const later = now[name];
    if (last === null || later === undefined) return [];
    if (later.last === null) return [name];
    const further = BigInt(later.last) - BigInt(last);
    return (ascending ? further < 0n : further > 0n) ? [name] : [];
  });
}

/** Several may have one name. */
function missing(before: readonly string[], now: readonly string[]): string[] {
  const left = [...now];
  return before.filter((name) => {
    const at = left.indexOf(name);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
