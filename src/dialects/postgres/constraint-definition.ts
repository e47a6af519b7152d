// Owns: the SQL that makes a table constraint again as it is now, with what hangs on it: comment,
// marks of its index, the constraints of partitions that are attached to it.

import { indexFamily, markSql, marksOf } from "./index-definition.ts";
import type { Lookup } from "./kind.ts";
import { literal } from "./names.ts";

interface Found extends Record<string, unknown> {
  oid: string;
  /** Quoted. */
  name: string;
  /** Qualified, quoted. */
  table: string;
  type: string;
  definition: string;
  comment: string | null;
  index: string | null;
  partitioned: boolean;
}

const columns = `SELECT k.oid::text, quote_ident(k.conname) AS name, k.contype::text AS type,
    format('%I.%I', n.nspname, t.relname) AS table, pg_get_constraintdef(k.oid) AS definition,
    obj_description(k.oid, 'pg_constraint') AS comment, t.relkind = 'p' AS partitioned,
    CASE WHEN k.contype IN ('p', 'u', 'x') THEN k.conindid::text END AS index
  FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid
    JOIN pg_namespace n ON n.oid = t.relnamespace`;

/** A table's constraint; undefined when there is none of that name. */
export async function findConstraint(
  catalog: Lookup,
  table: { oid: string },
  name: string,
): Promise<{ oid: string; type: string } | undefined> {
  const [found] = await catalog.rows<{ oid: string; type: string }>(
    "SELECT oid::text, contype::text AS type FROM pg_constraint WHERE conrelid = $1::oid AND conname = $2::name",
    [table.oid, name],
  );
  return found;
}

/** Statements that make the constraint again; its validity and deferrability are in its definition. */
export async function recreateConstraint(catalog: Lookup, oid: string): Promise<string[]> {
  const [found] = await catalog.rows<Found>(`${columns} WHERE k.oid = $1::oid`, [oid]);
  if (!found) return [];
  if (found.index !== null && found.partitioned) return recreatePartitioned(catalog, found.index);
  return [
    ...addSql(found),
    ...(found.index === null ? [] : markSql(await marksOf(catalog, found.index), true)),
  ];
}

function addSql({ table, name, definition, comment }: Found, only = ""): string[] {
  return [
    `ALTER TABLE ${only}${table} ADD CONSTRAINT ${name} ${definition}`,
    ...(comment === null
      ? []
      : [`COMMENT ON CONSTRAINT ${name} ON ${table} IS ${literal(comment)}`]),
  ];
}

/** As pg_dump does it: each table by itself, then attached, so that every name stays. */
async function recreatePartitioned(catalog: Lookup, index: string): Promise<string[]> {
  const sql: string[] = [];
  const names = new Map<string, string>();
  for (const member of await indexFamily(catalog, index)) {
    names.set(member.oid, member.name);
    const [found] = await catalog.rows<Found>(
      `${columns} WHERE k.conindid = $1::oid
      AND k.contype IN ('p', 'u', 'x')`,
      [member.oid],
    );
    if (found) sql.push(...addSql(found, member.partitioned ? "ONLY " : ""));
    else sql.push(member.definition);
    const parent = member.parent === null ? undefined : names.get(member.parent);
    if (parent) sql.push(`ALTER INDEX ${parent} ATTACH PARTITION ${member.name}`);
    sql.push(...markSql(await marksOf(catalog, member.oid), true));
  }
  return sql;
}
