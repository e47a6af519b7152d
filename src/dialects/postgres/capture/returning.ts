// Owns: an UPDATE that returns both images of its rows itself, into the shelf: RETURNING has old and
// new rows from version 18 on. No trigger has to be made for that, nor dropped, which waits for readers;
// and it saves what transition tables cost, to fill them and to pair them. Measured on 200,000 rows:
// 1.24 x the CPU time of the plain UPDATE, by the triggers 1.31.
//
// Only where nothing but the statement itself can change rows of its table, and no other table's rows
// change with them; else the triggers keep what changes (triggers.ts).

import type { Lookup } from "../kind.ts";
import { literal, quote } from "../names.ts";
import { hiddenName, type ShelfId } from "../shelf-names.ts";
import { doBlock, inShelf } from "./shelf.ts";
import type { Target } from "./targets.ts";
import { changedImages, createShelf } from "./triggers.ts";

/**
 * `update` (an UPDATE with no RETURNING of its own, the text without a semicolon) becomes a statement
 * that reports as many rows; see `Capture`. `changed`: the number of tables whose rows change with it.
 */
export async function returningUpdate(
  catalog: Lookup,
  id: ShelfId,
  targets: readonly Target[],
  { update, changed }: { update: string; changed: number },
): Promise<Record<"start" | "instead" | "stop", string[]> | undefined> {
  const [target] = targets;
  if (target === undefined || changed > 1 || target.byRow || target.key.length === 0) return;
  if (!(await isAlone(catalog, target))) return undefined;
  const name = (what: string) => quote(hiddenName(id, what));
  const rows = inShelf(id, "rows", target.number);
  const { names, values } = changedImages(target.columns, true, name("old"), name("new"));
  return {
    start: [
      // As CREATE TRIGGER does: writers wait for the statement before they hold rows that it waits
      // for, else the server could end one of theirs to resolve a deadlock.
      `LOCK TABLE ${target.sql} IN SHARE ROW EXCLUSIVE MODE`,
      ...createShelf(id, targets),
      `SELECT pg_catalog.set_config('belay.written', (${written(target.sql)})::text, true)`,
    ],
    instead: [
      `WITH ${name("changed")} AS (${update}
    RETURNING WITH (OLD AS ${name("old")}, NEW AS ${name("new")}) ${values})
  INSERT INTO ${rows} (firing, event, ${names}) SELECT 1, 'u', c.* FROM ${name("changed")} AS c`,
    ],
    // What another one wrote was not returned.
    stop: [
      doBlock(`BEGIN
  IF pg_catalog.current_setting('track_counts')::bool
    AND ${written(target.sql)} - pg_catalog.current_setting('belay.written')::bigint <> ${written(rows)} THEN
    RAISE EXCEPTION 'The statement changes rows of % in another way, too', ${literal(target.shown)};
  END IF;
END`),
    ],
  };
}

/** Rows of the table that this transaction has written, each time that it did. */
function written(table: string): string {
  const counts = ["inserted", "updated", "deleted"].map(
    (what) => `pg_catalog.pg_stat_get_xact_tuples_${what}(${literal(table)}::pg_catalog.regclass)`,
  );
  return `(${counts.join(" + ")})`;
}

/**
 * No trigger or rule, no reference of its own rows that cascades, and no function anywhere that an
 * expression could call to write: one that is not volatile may not, and those in C do other things.
 * RETURNING asks for the right to read, and row-level security for a look at what is returned.
 */
async function isAlone(catalog: Lookup, { oid }: Target): Promise<boolean> {
  const [answer] = await catalog.rows<{ alone: boolean }>(
    `SELECT current_setting('server_version_num')::int >= 180000
       AND c.relkind = 'r' AND NOT c.relispartition AND NOT c.relrowsecurity AND NOT c.relhasrules
       AND has_table_privilege(c.oid, 'SELECT')
       AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal)
       AND NOT EXISTS (SELECT FROM pg_constraint f WHERE f.contype = 'f' AND f.confrelid = c.oid
         AND f.confupdtype NOT IN ('a', 'r'))
       AND NOT EXISTS (SELECT FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
         WHERE p.provolatile = 'v' AND p.prokind <> 'p' AND l.lanname NOT IN ('internal', 'c')
           AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
           AND p.pronamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)) AS alone
     FROM pg_class c WHERE c.oid = $1::oid`,
    [oid],
  );
  return answer?.alone === true;
}
