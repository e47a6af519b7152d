// Owns: how much room is left where the server keeps its files. No SQL function tells; so it is asked of
// the file system where the server is on this machine, or of a query of the user's.

import { statfs } from "node:fs/promises";
import { z } from "zod";
import { messageOf } from "../../core/errors.ts";
import { type DatabaseContext, defineSignal } from "../signal.ts";

interface Room {
  name: string;
  free: number;
}

interface Seen {
  /** Monotonic milliseconds. */
  at: number;
  free: number;
}

/** A projection looks back so far, and needs at least half of it: a large sort comes and goes. */
const lookBackMs = 60_000;

export const kind = defineSignal({
  kind: "disk",
  summary:
    "bytes left where the server keeps data, log or a tablespace; bad as well where they would be used up `fullWithinMs` from now",
  unit: "bytes",
  needs: "database",
  attributed: false,
  optional: true,
  // A full disk for the log ends the server, and a rollback writes too.
  usual: { test: "condition", consecutive: 3, action: "pause" },
  options: {
    /** Answers the bytes that are left, where the file system cannot be asked from here. */
    sql: z.string().optional(),
    limitBytes: z.number().nonnegative().default(1_073_741_824),
    fullWithinMs: z.number().nonnegative().default(300_000),
  },
  measures({ sql, limitBytes, fullWithinMs }) {
    const seen = new Map<string, Seen[]>();
    return async (context) => {
      const rooms = await (sql === undefined ? roomsHere(context) : roomBy(context, sql));
      if ("why" in rooms) return { state: "unknown", why: rooms.why };
      const at = context.environment.monotonic();
      const troubles = rooms.flatMap(({ name, free }) => {
        const series = [...(seen.get(name) ?? []), { at, free }].filter(
          (each) => at - each.at <= lookBackMs,
        );
        seen.set(name, series);
        const fullInMs = projected(series);
        if (free < limitBytes) return `${name}: ${shown(free)} left`;
        if (fullInMs >= fullWithinMs) return [];
        return `${name}: ${shown(free)} left, for ${Math.round(fullInMs / 1_000)} s as it goes now`;
      });
      const least = rooms.reduce((one, other) => (other.free < one.free ? other : one));
      return {
        state: troubles.length > 0 ? "bad" : "ok",
        value: least.free,
        detail: troubles.join("; ") || `${least.name}: ${shown(least.free)} left`,
      };
    };
  },
});

type Rooms = [Room, ...Room[]] | { why: string };

async function roomsHere({ session, readings }: DatabaseContext): Promise<Rooms> {
  const found = await readings.folders(session);
  if ("why" in found) return { why: `${found.why}; or give the signal a query that answers it` };
  try {
    const rooms = await Promise.all(
      found.folders.map(async ({ name, path }) => {
        // What is reserved for root is not for the server.
        const { bavail, bsize } = await statfs(path);
        return { name, free: bavail * bsize };
      }),
    );
    return rooms as [Room, ...Room[]];
  } catch (error) {
    return { why: `a folder of the server's cannot be read: ${messageOf(error)}` };
  }
}

async function roomBy({ session, readings }: DatabaseContext, sql: string): Promise<Rooms> {
  const probed = await readings.probe(session, sql);
  if ("absent" in probed) return { why: probed.absent };
  const { answer } = probed;
  const free = answer === null || answer === "" ? Number.NaN : Number(answer);
  if (Number.isFinite(free)) return [{ name: "by query", free }];
  return { why: `the query answered ${JSON.stringify(answer) ?? "no row"}` };
}

/** Milliseconds until nothing is left, by what was used lately. */
function projected(series: readonly Seen[]): number {
  const [first, last] = [series[0], series.at(-1)];
  if (first === undefined || last === undefined) return Number.POSITIVE_INFINITY;
  const [ms, used] = [last.at - first.at, first.free - last.free];
  if (ms < lookBackMs / 2 || used <= 0) return Number.POSITIVE_INFINITY;
  return last.free * (ms / used);
}

function shown(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}
