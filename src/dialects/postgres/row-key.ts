// Owns: a row for people, by its primary key.

import type { Lookup } from "./kind.ts";
import { literal, quote } from "./names.ts";
import type { Relation } from "./relation.ts";

/** SQL of type jsonb over the table's columns; of a table without a primary key, NULL. */
export async function rowKey(catalog: Lookup, { oid }: Pick<Relation, "oid">): Promise<string> {
  const found = await catalog.rows<{ name: string }>(
    `SELECT a.attname::text AS name FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid
       AND a.attnum = ANY (i.indkey::int2[])
     WHERE i.indrelid = $1::oid AND i.indisprimary ORDER BY a.attnum`,
    [oid],
  );
  const cells = found.map(({ name }) => `${literal(name)}, ${quote(name)}`);
  return found.length === 0 ? "NULL::jsonb" : `pg_catalog.jsonb_build_object(${cells.join(", ")})`;
}
