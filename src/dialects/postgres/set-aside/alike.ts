// Owns: making a table that was set aside take what its twin holds. A later migration may have left the
// twin with another type, or without a constraint, when it was taken back, because rows did not fit; it
// has told that. The same then holds for the table to which those rows come.

import { doBlock } from "../capture/shelf.ts";
import { literal } from "../names.ts";
import type { Aside } from "./candidates.ts";

/** Before and after the rows come over. Changes nothing, and reads no row, where the two are alike. */
export function madeAlike({ sql, shelved }: Aside): { before: string; after: string } {
  const [twin, old] = [sql, shelved].map((name) => `${literal(name)}::pg_catalog.regclass`);
  const missing = (key: string, catalog: string, name: string) =>
    `NOT EXISTS (SELECT FROM pg_catalog.${catalog} x WHERE x.${key} = ${twin} AND x.${name} = o.${name})`;
  const before = doBlock(`DECLARE
  each text;
BEGIN
  FOR each IN
    SELECT format('DROP CONSTRAINT %I', o.conname) FROM pg_catalog.pg_constraint o
      WHERE o.conrelid = ${old} AND o.contype IN ('p', 'u', 'x', 'c') AND ${missing("conrelid", "pg_constraint", "conname")}
    UNION ALL
    SELECT format('DROP CONSTRAINT %I', o.conname)
      FROM pg_catalog.pg_constraint o JOIN pg_catalog.pg_constraint x ON x.conrelid = ${twin} AND x.conname = o.conname
      WHERE o.conrelid = ${old} AND o.contype IN ('c', 'n') AND o.convalidated AND NOT x.convalidated
    UNION ALL
    SELECT format('ALTER COLUMN %I DROP NOT NULL', o.attname)
      FROM pg_catalog.pg_attribute o JOIN pg_catalog.pg_attribute x ON x.attrelid = ${twin} AND x.attname = o.attname
      WHERE o.attrelid = ${old} AND o.attnum > 0 AND NOT o.attisdropped AND o.attnotnull AND NOT x.attnotnull
    UNION ALL
    SELECT format('ALTER COLUMN %I TYPE %s USING CAST(CAST(%I AS text) AS %s)', o.attname, t.name, o.attname, t.name)
      FROM pg_catalog.pg_attribute o JOIN pg_catalog.pg_attribute x ON x.attrelid = ${twin} AND x.attname = o.attname,
        LATERAL (SELECT pg_catalog.format_type(x.atttypid, x.atttypmod) AS name) t
      WHERE o.attrelid = ${old} AND o.attnum > 0 AND NOT o.attisdropped AND o.attgenerated = ''
        AND (o.atttypid, o.atttypmod) IS DISTINCT FROM (x.atttypid, x.atttypmod)
  LOOP
    EXECUTE 'ALTER TABLE ONLY ' || ${literal(shelved)} || ' ' || each;
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
  each text;
BEGIN
  FOR each IN
    SELECT format('ADD CONSTRAINT %I %s', o.conname, pg_catalog.pg_get_constraintdef(o.oid)) FROM pg_catalog.pg_constraint o
      WHERE o.conrelid = ${twin} AND o.contype IN ('c', 'n') AND NOT o.convalidated
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint x WHERE x.conrelid = ${old} AND x.conname = o.conname)
  LOOP
    EXECUTE 'ALTER TABLE ONLY ' || ${literal(shelved)} || ' ' || each;
  END LOOP;
END`);
  return { before, after };
}
