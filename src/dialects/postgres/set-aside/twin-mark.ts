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
