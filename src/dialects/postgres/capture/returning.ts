// Owns: a statement that returns the images of its rows itself, into the shelf. No trigger has to be made
// for that, nor dropped, which waits for readers. RETURNING has old and new rows of an UPDATE from version
// 18 on; there it saves what transition tables cost, to fill them and to pair them. Measured on 200,000
// rows: 1.24 x the CPU time of the plain UPDATE, by the triggers 1.31.
//
// Only where nothing but the statement itself can change rows of its table, and no other table's rows
// change with them; else the triggers keep what changes (triggers.ts).

import type { Lookup } from "../kind.ts";
import { literal, quote } from "../names.ts";
import { hiddenName, type ShelfId } from "../shelf-names.ts";
import { doBlock, inShelf } from "./shelf.ts";
import type { Target } from "./targets.ts";
import { changedImages, createShelf, newImages, oldImages } from "./triggers.ts";

/** A statement that writes to one table and returns no rows. */
export interface BareWrite {
  verb: "insert" | "update" | "delete";
  /** Without a semicolon. */
  sql: string;
  /** What it calls the table's rows, not quoted; absent: by the table's name. */
  alias?: string;
}

/**
 * The statement becomes one that reports as many rows; see `Capture`. `changed`: the number of tables
 * whose rows change with it.
 */
export async function returningWrite(
  catalog: Lookup,
  id: ShelfId,
  targets: readonly Target[],
  { bare, changed }: { bare: BareWrite; changed: number },
): Promise<Record<"start" | "instead" | "stop", string[]> | undefined> {
  const [target] = targets;
  if (target === undefined || changed > 1 || target.byRow || target.key.length === 0) return;
  const alone = isAlone(target, bare.verb);
  const [found] = await catalog.rows<{ alone: boolean }>(`SELECT ${alone} AS alone`);
  if (!found?.alone) return undefined;
  const name = (what: string) => quote(hiddenName(id, what));
  const rows = inShelf(id, "rows", target.number);
  const { event, names, returning } = imagesOf(target, bare, {
    old: name("old"),
    fresh: name("new"),
  });
  return {
    start: [
      // As CREATE TRIGGER does: writers wait for the statement before they hold rows that it waits
      // for, else the server could end one of theirs to resolve a deadlock.
      `LOCK TABLE ${target.sql} IN SHARE ROW EXCLUSIVE MODE`,
      // What the lock waited for may have made a trigger; then all is asked again.
      doBlock(`BEGIN
  IF NOT ${alone} THEN
    RAISE EXCEPTION 'Another session has changed what writes to %', ${literal(target.shown)} USING ERRCODE = '40001';
  END IF;
END`),
      ...createShelf(id, targets),
      `SELECT pg_catalog.set_config('belay.written', pg_catalog.concat(${written(target.sql)}), true)`,
    ],
    instead: [
      `WITH ${name("changed")} AS (${bare.sql}
    RETURNING ${returning})
  INSERT INTO ${rows} (firing, event, ${names}) SELECT 1, '${event}', c.* FROM ${name("changed")} AS c`,
    ],
    // What another one wrote was not returned.
    stop: [
      doBlock(`BEGIN
  IF ${written(target.sql)} - pg_catalog.current_setting('belay.written')::bigint <> ${written(rows)} THEN
    RAISE EXCEPTION 'The statement changes rows of % in another way, too', ${literal(target.shown)};
  END IF;
END`),
    ],
  };
}

function imagesOf(
  { columns, sql }: Target,
  { verb, alias }: BareWrite,
  { old, fresh }: { old: string; fresh: string },
): { event: string; names: string; returning: string } {
  if (verb === "update") {
    const { names, values } = changedImages(columns, true, old, fresh);
    return { event: "u", names, returning: `WITH (OLD AS ${old}, NEW AS ${fresh}) ${values}` };
  }
  const { names, values } = verb === "insert" ? newImages(columns) : oldImages(columns);
  return {
    event: verb === "insert" ? "i" : "d",
    names,
    returning: values(alias === undefined ? sql : quote(alias)),
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
 * SQL: no trigger or rule, no reference of its own rows that cascades, and no function anywhere that an
 * expression could call to write: one that is not volatile may not, and those in C do other things.
 * RETURNING asks for the right to read, row-level security for a look at what is returned, and LOCK
 * TABLE for the right to write all columns. The server has to count what is written. What user types
 * are as text may depend on settings (a composite's regclass on search_path); the triggers have their own.
 */
function isAlone({ oid }: Target, verb: BareWrite["verb"]): string {
  const since = verb === "update" ? 180_000 : 0;
  return `(SELECT current_setting('server_version_num')::int >= ${since}
      AND current_setting('track_counts') = 'on'
      AND c.relkind = 'r' AND NOT c.relispartition AND NOT c.relrowsecurity AND NOT c.relhasrules
      AND has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'UPDATE')
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal)
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
          LEFT JOIN pg_catalog.pg_type b ON b.oid = y.typbasetype
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND y.typtype <> 'e'
          AND 'pg_catalog'::pg_catalog.regnamespace NOT IN (y.typnamespace, coalesce(b.typnamespace, 0)))
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE c.oid IN (i.inhrelid, i.inhparent))
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint f WHERE f.contype = 'f' AND f.confrelid = c.oid
        AND (f.confupdtype NOT IN ('a', 'r') OR f.confdeltype NOT IN ('a', 'r')))
      -- Those of the server's own have lower numbers.
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_language l ON l.oid = p.prolang
        WHERE p.oid >= 16384 AND p.provolatile = 'v' AND p.prokind <> 'p' AND l.lanname NOT IN ('internal', 'c')
          AND p.prorettype NOT IN ('pg_catalog.trigger'::pg_catalog.regtype, 'pg_catalog.event_trigger'::pg_catalog.regtype))
    FROM pg_catalog.pg_class c WHERE c.oid = ${oid})`;
}
