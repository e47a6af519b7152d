// Owns: captured images of columns whose type had to stay another one than it was when they were
// captured: they become values of that type, by way of their text, so that they can be compared and
// go back. Those that do not fit it, or whose scale counts, are not compared; the merge tells them then.

import { literal, quote } from "../names.ts";
import type { ShelfId } from "../shelf-names.ts";
import { newCell, oldCell } from "./cells.ts";
import { ofData } from "./merge.ts";
import { doBlock, inShelf } from "./shelf.ts";
import type { Target } from "./targets.ts";

/** Nothing where every type is as it was. What is of no type of the server's is kept as text anyway. */
export function conformImages(id: ShelfId, targets: readonly Target[]): string[] {
  const kept = targets.flatMap(({ sql, number, columns }) =>
    columns.flatMap((column, at) => {
      if (!column.native || column.scaled) return [];
      const cells = column.hidden ? [oldCell(at)] : [oldCell(at), newCell(at)];
      const values = [inShelf(id, "rows", number), sql, column.name, column.type].map(literal);
      return `(${values.join(", ")}, ARRAY[${cells.map((cell) => literal(quote(cell))).join(", ")}])`;
    }),
  );
  if (kept.length === 0) return [];
  return [
    doBlock(`DECLARE
  kept record;
BEGIN
  FOR kept IN
    WITH RECURSIVE base AS (
        SELECT k.*, a.atttypid AS typid, a.attcollation AS collid
          FROM (VALUES ${kept.join(",\n            ")}) AS k(rows, target, name, type, cells)
            JOIN pg_catalog.pg_attribute a ON a.attrelid = to_regclass(k.target) AND a.attname = k.name AND NOT a.attisdropped
      UNION ALL
        SELECT b.rows, b.target, b.name, b.type, b.cells, t.typbasetype, b.collid
          FROM base b JOIN pg_catalog.pg_type t ON t.oid = b.typid WHERE t.typtype = 'd')
    SELECT b.rows, b.cells, format('%I.%I', n.nspname, t.typname) AS type,
        CASE WHEN t.typcollation <> 0 THEN (SELECT format(' COLLATE %I.%I', cn.nspname, c.collname)
          FROM pg_catalog.pg_collation c JOIN pg_catalog.pg_namespace cn ON cn.oid = c.collnamespace
          WHERE c.oid = b.collid) ELSE '' END AS collation
      FROM base b JOIN pg_catalog.pg_type t ON t.oid = b.typid AND t.typtype <> 'd'
        JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
      WHERE format('%I.%I', n.nspname, t.typname) <> b.type
  LOOP
    BEGIN
      EXECUTE format('ALTER TABLE %s ', kept.rows) || (SELECT string_agg(format(
          'ALTER COLUMN %s TYPE %s%s USING CAST(%1$s AS text)::%2$s', cell, kept.type, kept.collation), ', ')
        FROM unnest(kept.cells) AS cell);
    EXCEPTION WHEN OTHERS THEN
      IF NOT ${ofData} THEN RAISE; END IF;
    END;
  END LOOP;
END`),
  ];
}
