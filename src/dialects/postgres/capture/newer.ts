// Owns: what one merge tells the merges behind it, of earlier statements of the same migration: which
// cells the application has written although they look as the statement before had left them.
//
// A migration sets 1 -> 2, then 2 -> 3; the application sets 2. The second statement's merge finds
// nothing to do; the first one's would take the 2 for the migration's own, and put 1 over it.

import { literal } from "../names.ts";
import { isOurSchema, type ShelfId } from "../shelf-names.ts";
import { type Column, hasKey, type KeyPart, newCell, oldCell, stored } from "./cells.ts";
import { inShelf } from "./shelf.ts";
import type { Target } from "./targets.ts";

/** Of this transaction; made when there is something to tell. By number, for columns get renamed. */
const list = "pg_temp.belay_newer";

const makeList =
  "CREATE TEMPORARY TABLE IF NOT EXISTS belay_newer (target oid, attnum int, key jsonb) ON COMMIT DROP;";

/** SQL: another one may follow. */
export const hasMerges = `(SELECT count(*) > 1 FROM pg_catalog.pg_namespace WHERE ${isOurSchema("nspname")} AND nspname <> 'belay')
    AND has_database_privilege(current_database(), 'TEMPORARY')`;

const numberOf = ({ sql }: Target) =>
  `(SELECT attnum FROM pg_catalog.pg_attribute
     WHERE attrelid = ${literal(sql)}::pg_catalog.regclass AND attname = plain[k])`;

/** Without names: columns of the key get renamed too. */
const keyOf = ({ key }: Target, which: typeof oldCell) =>
  `pg_catalog.jsonb_build_array(${key.map(({ at }) => `i.${which(at)}`).join(", ")})`;

/** PL/pgSQL: lists all cells of the rows that `from` joins to rows `t` under the same key. */
export function tellRows(
  { columns, key }: { columns: readonly Column[]; key: readonly KeyPart[] },
  from: string,
): string {
  const numbers = columns.map(({ number }) => number).join(", ");
  const cells = key.map(({ column }) => stored(column, "t")).join(", ");
  return `IF ${hasMerges} THEN
    ${makeList}
    INSERT INTO ${list} SELECT t.tableoid, n.number, pg_catalog.jsonb_build_array(${cells})
      FROM ${from} CROSS JOIN unnest(ARRAY[${numbers}]::int[]) AS n(number);
  END IF;`;
}

/**
 * PL/pgSQL of `insert_<n>`, before it writes: a row that stands under the key of one that was deleted is
 * somebody else's, whatever earlier statements of the migration had done to that one.
 */
export function tellTaken(id: ShelfId, target: Target): string {
  const numbers = target.columns.map(({ number }) => number).join(", ");
  return `${makeList}
    INSERT INTO ${list} SELECT ${literal(target.sql)}::pg_catalog.regclass::oid, n.number, ${keyOf(target, oldCell)}
      FROM ${inShelf(id, "net", target.number)} AS i JOIN ${target.rows} AS t ON ${hasKey(target.key, "t", "i", oldCell)}
        CROSS JOIN unnest(ARRAY[${numbers}]::int[]) AS n(number)
      WHERE i.op = 'd' AND i.no BETWEEN lo AND hi;`;
}

/** PL/pgSQL of `update_<n>`: what is listed is not the migration's; changes conditions in `is_base`. */
export function heedNewer(id: ShelfId, target: Target): string {
  return `IF to_regclass('${list}') IS NOT NULL THEN
    FOR k IN 1 .. cardinality(touched) LOOP
      CONTINUE WHEN NOT touched[k];
      is_base[k] := format('(%s) AND NOT EXISTS (SELECT FROM ${list} AS w WHERE w.target = %s AND w.attnum = %s AND w.key = %s)',
        is_base[k], ${literal(target.sql)}::pg_catalog.regclass::oid, ${numberOf(target)}, ${literal(keyOf(target, newCell))});
    END LOOP;
    -- Under the keys to which this merge brings the rows, too.
    INSERT INTO ${list} SELECT w.target, w.attnum, ${keyOf(target, oldCell)}
      FROM ${list} AS w JOIN ${inShelf(id, "net", target.number)} AS i ON w.key = ${keyOf(target, newCell)}
      WHERE i.op = 'u' AND w.target = ${literal(target.sql)}::pg_catalog.regclass AND ${keyOf(target, oldCell)} <> ${keyOf(target, newCell)};
  END IF;`;
}

/**
 * PL/pgSQL of `update_<n>`, before it writes: lists the cells that it finds as they were before its
 * own statement. Costs a look at the rows, so only where another merge may follow.
 */
export function tellNewer(id: ShelfId, target: Target, range: string): string {
  const keys = [oldCell, newCell].map((which) => `(${keyOf(target, which)})`).join(", ");
  const from = ` FROM ${inShelf(id, "net", target.number)} AS i JOIN ${target.rows} AS t
    ON ${hasKey(target.key, "t", "i", newCell)} CROSS JOIN LATERAL (VALUES ${keys}) AS w(key)
    WHERE i.op = 'u' AND ${range} AND (`;
  return `IF ${hasMerges} THEN
    FOR k IN 1 .. cardinality(touched) LOOP
      CONTINUE WHEN NOT touched[k];
      EXECUTE 'SELECT EXISTS (SELECT' || ${literal(from)} || changed[k] || ') AND (' || is_theirs[k] || '))'
        INTO any_newer USING lo, hi;
      CONTINUE WHEN NOT any_newer;
      ${makeList}
      EXECUTE format('INSERT INTO ${list} SELECT %s, %s, w.key', ${literal(target.sql)}::pg_catalog.regclass::oid, ${numberOf(target)})
        || ${literal(from)} || changed[k] || ') AND (' || is_theirs[k] || ')' USING lo, hi;
    END LOOP;
  END IF;`;
}

/**
 * PL/pgSQL: runs `sql`, in which `w` is such a cell of the column with this number, in a row of the table
 * with this identity; `keys` are those of the row `s`.
 */
export function ofNewer(
  { oid, number, keys }: { oid: string; number: number; keys: readonly string[] },
  sql: (from: string, matches: string) => string,
): string {
  const matches = `w.target = ${oid} AND w.attnum = ${number} AND w.key = pg_catalog.jsonb_build_array(${keys.join(", ")})`;
  return `IF to_regclass('${list}') IS NOT NULL THEN
    ${sql(`${list} AS w`, matches)}
  END IF`;
}

/** PL/pgSQL of `delete_<n>`: a row with such a cell is not as the migration had inserted it. */
export function spareNewer(target: Target, doomed: string): string {
  return `IF to_regclass('${list}') IS NOT NULL THEN
    EXECUTE 'DELETE FROM ' || ${literal(doomed)} || ' AS i USING ${list} AS w WHERE w.key = ' || ${literal(keyOf(target, newCell))}
      || ' AND w.target = ' || ${literal(target.sql)}::pg_catalog.regclass::oid;
  END IF;`;
}
