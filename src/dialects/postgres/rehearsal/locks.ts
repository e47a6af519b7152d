// Owns: the locks that a transaction holds, as `pg_locks` shows them. They are kept until its end,
// so a look before COMMIT misses none.

import { type LockMode, lockModes } from "../../../core/plan.ts";
import type { Session } from "../../dialect.ts";
import type { HeldLock } from "../../rehearsal.ts";
import { notHidden, ours } from "../catalog/family.ts";

/** `AccessExclusiveLock` as users know it. */
const modes = new Map(
  lockModes.map((mode): [string, LockMode] => {
    const words = mode.split(" ").map((word) => word[0] + word.slice(1).toLowerCase());
    return [`${words.join("")}Lock`, mode];
  }),
);

export async function heldLocks(session: Session): Promise<HeldLock[]> {
  const rows = await session.query<{ table: string; mode: string; storage: string }>(
    `SELECT DISTINCT format('%I.%I', n.nspname, c.relname) AS table, l.mode,
            c.relfilenode::text AS storage
       FROM pg_locks l
       -- Not those of indexes: a new one is locked in the strongest mode, and nobody waits for it.
       JOIN pg_class c ON c.oid = l.relation AND c.relkind IN ('r', 'p', 'm')
       JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE l.pid = pg_backend_pid() AND l.granted AND l.locktype = 'relation'
        AND ${ours("n.nspname")} AND ${notHidden("c.relname")}`,
  );
  return rows.flatMap(({ table, mode, storage }) => {
    const known = modes.get(mode);
    return known === undefined ? [] : [{ table, mode: known, storage }];
  });
}
