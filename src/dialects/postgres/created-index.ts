// Owns: telling an index that a statement makes from those that were there, with and without a name.

import type { IndexElem, IndexStmt } from "@pgsql/types";
import { exactly, type Probe, type Undo } from "../../core/plan.ts";
import { recreateConstraint } from "./constraint-definition.ts";
import { recreateIndex } from "./index-definition.ts";
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

export async function addedIndexes(
  catalog: Lookup,
  table: Relation,
  before: readonly string[],
): Promise<string[]> {
  return (await indexesOf(catalog, table)).filter((name) => !before.includes(name));
}

/** Whether the schema of a table has a relation of that name. */
export async function isTaken(catalog: Lookup, table: Relation, name: string): Promise<boolean> {
  const found = await catalog.rows(
    `SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relname = $2::name`,
    [table.schema, name],
  );
  return found.length > 0;
}

/** Indexes of partitions that are attached to none of the parent's: a new one may take them in. */
export async function looseIndexes(catalog: Lookup, table: Relation): Promise<string[]> {
  if (table.kind !== "p") return [];
  const found = await catalog.rows<{ oid: string }>(
    `SELECT x.indexrelid::text AS oid FROM pg_partition_tree($1::oid::regclass) p
       JOIN pg_index x ON x.indrelid = p.relid JOIN pg_class c ON c.oid = x.indexrelid
     WHERE p.level > 0 AND NOT c.relispartition`,
    [table.oid],
  );
  return found.map(({ oid }) => oid);
}

/** Makes those again that have been taken in, for when the parent's index has been dropped. */
export async function recreateAttached(catalog: Lookup, loose: readonly string[]): Promise<Undo> {
  const attached = await catalog.rows<{ oid: string }>(
    "SELECT inhrelid::text AS oid FROM pg_inherits WHERE inhrelid = ANY ($1::oid[])",
    [loose],
  );
  const sql: string[] = [];
  for (const { oid } of attached) sql.push(...((await recreateOwn(catalog, oid)) ?? []));
  return exactly(...sql);
}

/** An index that makes a constraint is made again with it. */
async function recreateOwn(catalog: Lookup, oid: string): Promise<string[] | undefined> {
  const [constraint] = await catalog.rows<{ oid: string }>(
    `SELECT oid::text FROM pg_constraint WHERE conindid = $1::oid AND contype IN ('p', 'u', 'x')`,
    [oid],
  );
  return constraint ? recreateConstraint(catalog, constraint.oid) : recreateIndex(catalog, oid);
}

/** What the server names an index without a name, when nothing is in the way. */
export function likelyIndexName(node: IndexStmt): string {
  const columns = elementsOf(node).map(({ name }) => name ?? "expr");
  return [node.relation?.relname ?? "", ...columns, "idx"].join("_");
}

/**
 * Whether CREATE INDEX CONCURRENTLY has happened; a failed one leaves an INVALID index. It is looked for at
 * its table: an index of the name may be in another schema too, and one that we have not made may not go.
 */
export function indexProbe(node: IndexStmt): Probe {
  const { relation = {}, idxname } = node;
  const answer = `CASE WHEN x.indexrelid IS NULL THEN 'not-done'
    WHEN x.indisvalid THEN 'done' ELSE 'half' END AS state`;
  if (idxname === undefined) return { sql: `SELECT ${answer} ${unnamed(node)}` };
  return {
    sql: `SELECT ${answer}, 'DROP INDEX CONCURRENTLY IF EXISTS ' || x.indexrelid::regclass AS cleanup
    FROM (SELECT to_regclass(${literal(relationSql(relation))}) AS oid) named
    LEFT JOIN (pg_index x JOIN pg_class c ON c.oid = x.indexrelid AND c.relname = ${literal(idxname)}::name)
      ON x.indrelid = named.oid`,
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
