// Owns: telling an empty twin from a table that a migration has made itself. Until its transaction
// ends, a twin counts as the table that was there before: what is written to it is captured.

import { literal, quote } from "../names.ts";
import { isOurSchema, type ShelfId, shelfSchema } from "../shelf-names.ts";

/** Runs when the twins are there. On the schema, so that it lives as long as what it tells of. */
export function markTwins(id: ShelfId, tables: readonly string[]): string {
  const oids = tables.map((sql) => `${literal(sql)}::pg_catalog.regclass::oid`).join(", ");
  return `DO $belay$ BEGIN
  EXECUTE pg_catalog.format('COMMENT ON SCHEMA ${quote(shelfSchema(id))} IS %L',
    pg_catalog.concat_ws(' ', 'twins', ${oids}));
END $belay$`;
}

/** SQL: the table with the oid is a twin. */
export const isTwin = (oid: string) => `EXISTS (SELECT FROM pg_namespace twins
  WHERE ${isOurSchema("twins.nspname")} AND (${oid})::oid::text = ANY (string_to_array(
    obj_description(twins.oid, 'pg_namespace'), ' ')))`;

/** SQL: the oids that the table with this one may have by now: its own, and that of the twin in its place. */
export const standIns = (oid: string) => `(WITH RECURSIVE meant(oid) AS (
    SELECT ${oid}::pg_catalog.oid
  UNION
    SELECT twin.oid FROM meant JOIN pg_catalog.pg_class aside ON aside.oid = meant.oid
      JOIN pg_catalog.pg_namespace shelf ON shelf.oid = aside.relnamespace
      JOIN pg_catalog.pg_class twin ON twin.relname = aside.relname
    WHERE ${isOurSchema("shelf.nspname")} AND twin.oid::text = ANY (pg_catalog.string_to_array(
      pg_catalog.obj_description(shelf.oid, 'pg_namespace'), ' ')))
  SELECT oid FROM meant)`;
