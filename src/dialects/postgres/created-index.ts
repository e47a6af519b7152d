// Owns: telling an index that a statement makes from those that were there, with and without a name.

import type { IndexElem, IndexStmt } from "@pgsql/types";
import type { Probe } from "../../core/plan.ts";
import type { Lookup } from "./kind.ts";
import { literal, relationSql } from "./names.ts";
import type { Relation } from "./relation.ts";

export async function indexesOf(catalog: Lookup, table: Relation): Promise<string[]> {
  const found = await catalog.rows<{ name: string }>(
    `SELECT c.relname::text AS name FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid
     WHERE x.indrelid = $1::oid`,
    [table.oid],
  );
  return found.map(({ name }) => name);
}

/** What the server names an index without a name, when nothing is in the way. */
export function likelyIndexName(node: IndexStmt): string {
  const columns = elementsOf(node).map(({ name }) => name ?? "expr");
  return [node.relation?.relname ?? "", ...columns, "idx"].join("_");
}

/** Whether CREATE INDEX CONCURRENTLY has happened; a failed one leaves an INVALID index. */
export function indexProbe(node: IndexStmt): Probe {
  const { relation = {}, idxname } = node;
  const answer = `SELECT CASE WHEN x.indexrelid IS NULL THEN 'not-done'
    WHEN x.indisvalid THEN 'done' ELSE 'half' END`;
  if (idxname === undefined) return { sql: `${answer} ${unnamed(node)}` };
  const name = relationSql({ ...relation, relname: idxname });
  return {
    sql: `${answer} FROM (SELECT to_regclass(${literal(name)}) AS oid) named
    LEFT JOIN pg_index x ON x.indexrelid = named.oid`,
    cleanup: { sql: `DROP INDEX CONCURRENTLY IF EXISTS ${name}`, transactional: false },
  };
}

/** Without a name the newest index on the same columns is the best guess there is. */
function unnamed(node: IndexStmt): string {
  const columns = elementsOf(node).map(({ name }) => (name ? literal(name) : "NULL"));
  return `FROM (SELECT to_regclass(${literal(relationSql(node.relation ?? {}))}) AS oid) named
    LEFT JOIN LATERAL (SELECT * FROM pg_index i WHERE i.indrelid = named.oid
      AND ARRAY(SELECT a.attname::text FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(number, place)
        LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
        WHERE k.place <= i.indnkeyatts ORDER BY k.place) = ARRAY[${columns.join(", ")}]::text[]
      ORDER BY i.indexrelid DESC LIMIT 1) x ON true`;
}

function elementsOf(node: IndexStmt): IndexElem[] {
  return (node.indexParams ?? []).flatMap((each) => ("IndexElem" in each ? [each.IndexElem] : []));
}
