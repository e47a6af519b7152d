// Owns: making a table that was set aside take what its twin holds. A later migration may have left the
// twin with another type, or without a constraint, when it was taken back, because rows did not fit; it
// has told that. The same then holds for the table to which those rows come.

import { doBlock, inShelf } from "../capture/shelf.ts";
import { literal } from "../names.ts";
import type { ShelfId } from "../shelf-names.ts";
import { misfit } from "../unless-violated.ts";
import { type Homecoming, rowKeyJson } from "./rows-home.ts";

/** Before and after the rows come over. Changes nothing, and reads no row, where the two are alike. */
export function madeAlike(id: ShelfId, home: Homecoming): { before: string; after: string } {
  const { sql, shelved } = home.table;
  const [twin, old] = [sql, shelved].map((name) => `${literal(name)}::pg_catalog.regclass`);
  const missing = (key: string, catalog: string, name: string) =>
    `NOT EXISTS (SELECT FROM pg_catalog.${catalog} x WHERE x.${key} = ${twin} AND x.${name} = o.${name})`;
  // References of other tables, and to them, are not there yet.
  const isItsOwn = "o.contype = 'f' AND o.confrelid = o.conrelid";
  const dropping = (
    kinds: string,
  ) => `SELECT format('DROP CONSTRAINT %I', o.conname) FROM pg_catalog.pg_constraint o
      WHERE o.conrelid = ${old} AND (${kinds}) AND ${missing("conrelid", "pg_constraint", "conname")}`;
  const before = doBlock(`DECLARE
  each text;
  retyped record;
BEGIN
  FOR each IN
    SELECT format('DROP CONSTRAINT %I', o.conname)
      FROM pg_catalog.pg_constraint o JOIN pg_catalog.pg_constraint x ON x.conrelid = ${twin} AND x.conname = o.conname
      WHERE o.conrelid = ${old} AND (o.contype IN ('c', 'n') OR ${isItsOwn}) AND NOT x.convalidated
    UNION ALL
    ${dropping(isItsOwn)}
    UNION ALL
    ${dropping("o.contype IN ('p', 'u', 'x', 'c')")}
    UNION ALL
    SELECT format('ALTER COLUMN %I DROP NOT NULL', o.attname)
      FROM pg_catalog.pg_attribute o JOIN pg_catalog.pg_attribute x ON x.attrelid = ${twin} AND x.attname = o.attname
      WHERE o.attrelid = ${old} AND o.attnum > 0 AND NOT o.attisdropped AND o.attnotnull AND NOT x.attnotnull
  LOOP
    EXECUTE 'ALTER TABLE ONLY ' || ${literal(shelved)} || ' ' || each;
  END LOOP;
  FOR retyped IN
    SELECT o.attname AS name, o.attnotnull AS required,
        pg_catalog.format_type(o.atttypid, o.atttypmod) AS old, pg_catalog.format_type(x.atttypid, x.atttypmod) AS type
      FROM pg_catalog.pg_attribute o JOIN pg_catalog.pg_attribute x ON x.attrelid = ${twin} AND x.attname = o.attname
      WHERE o.attrelid = ${old} AND o.attnum > 0 AND NOT o.attisdropped AND o.attgenerated = ''
        AND (o.atttypid, o.atttypmod) IS DISTINCT FROM (x.atttypid, x.atttypmod)
  LOOP
    ${ofOtherType(id, home)}
  END LOOP;
  FOR each IN
    SELECT i.indexrelid::pg_catalog.regclass::text FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class o ON o.oid = i.indexrelid
      WHERE i.indrelid = ${old} AND i.indisunique AND NOT EXISTS (SELECT FROM pg_catalog.pg_index y
        JOIN pg_catalog.pg_class z ON z.oid = y.indexrelid WHERE y.indrelid = ${twin} AND z.relname = o.relname)
  LOOP
    EXECUTE 'DROP INDEX ' || each;
  END LOOP;
END`);
  // Those that are not valid hold for new rows, such as the ones that have come over.
  const after = doBlock(`DECLARE
  each record;
BEGIN
  FOR each IN
    SELECT o.conname AS name, pg_catalog.obj_description(o.oid, 'pg_constraint') AS comment,
        replace(pg_catalog.pg_get_constraintdef(o.oid), format(') REFERENCES %s(', o.confrelid::pg_catalog.regclass),
          ${literal(`) REFERENCES ${shelved}(`)}) AS definition
      FROM pg_catalog.pg_constraint o
      WHERE o.conrelid = ${twin} AND (o.contype IN ('c', 'n') OR ${isItsOwn}) AND NOT o.convalidated
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint x WHERE x.conrelid = ${old} AND x.conname = o.conname)
  LOOP
    EXECUTE format('ALTER TABLE ONLY %s ADD CONSTRAINT %I %s', ${literal(shelved)}, each.name, each.definition);
    EXECUTE format('COMMENT ON CONSTRAINT %I ON %s IS %L', each.name, ${literal(shelved)}, each.comment);
  END LOOP;
END`);
  return { before, after };
}

/**
 * Gives the column in the record `retyped` the twin's type. What the type does not hold as it was is told
 * with the value; where nothing at all becomes of it, the column holds none.
 */
function ofOtherType(id: ShelfId, home: Homecoming): string {
  const { shown } = home.table;
  const plain = (text: string) => text.replaceAll("%", "%%");
  const shelved = plain(home.table.shelved);
  const fitted = inShelf(id, "fitted");
  const body = `BEGIN
  BEGIN RETURN CAST(CAST($1 AS text) AS %1$s); EXCEPTION WHEN ${misfit} THEN RETURN CAST($1 AS %1$s); END;
EXCEPTION WHEN ${misfit} THEN RETURN NULL;
END`;
  const turned = `${fitted}(b.%1$I)`;
  const tell = `INSERT INTO belay.conflict (shelf, target, key, columns, theirs, ours, resolution, why)
      SELECT ${literal(id)}, ${plain(literal(shown))}, ${plain(rowKeyJson(home, "b"))}, ARRAY[%1$L],
        pg_catalog.jsonb_build_object(%1$L, b.%1$I), pg_catalog.jsonb_build_object(%1$L, ${turned}), 'kept newer', %2$L
      FROM ${shelved} AS b WHERE CAST(${turned} AS text) IS DISTINCT FROM CAST(b.%1$I AS text)`;
  const alter = `ALTER TABLE ONLY ${shelved} ALTER COLUMN %1$I`;
  const formatted = (text: string, ...values: string[]) =>
    `EXECUTE pg_catalog.format(${[literal(text), ...values].join(", ")})`;
  const missing = `SELECT EXISTS (SELECT FROM ${shelved} AS b WHERE ${turned} IS NULL)`;
  const required = `'NOT NULL of ' || retyped.name || ' is not there again: values from before are none of ' || retyped.type`;
  const make = `CREATE FUNCTION ${fitted}(%s) RETURNS %s LANGUAGE plpgsql AS %L`;
  return `${formatted(make, "retyped.old", "retyped.type", `pg_catalog.format(${literal(body)}, retyped.type)`)};
    IF retyped.required THEN
      ${formatted(missing, "retyped.name")} INTO retyped.required;
    END IF;
    IF retyped.required THEN
      ${formatted(`${alter} DROP NOT NULL`, "retyped.name")};
      INSERT INTO belay.conflict (shelf, target, columns, resolution)
        VALUES (${literal(id)}, ${literal(shown)}, ARRAY[retyped.name], ${required});
    END IF;
    ${formatted(tell, "retyped.name", "'its type is still ' || retyped.type")};
    ${formatted(`${alter} TYPE %2$s USING ${fitted}(%1$I)`, "retyped.name", "retyped.type")};
    DROP FUNCTION ${fitted};`;
}
