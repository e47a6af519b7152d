// Owns: finding the relation that a statement names, as the session resolves names now.

import type { RangeVar } from "@pgsql/types";
import type { Lookup } from "./kind.ts";
import { quote, relationName, relationSql } from "./names.ts";

export interface Relation {
  oid: string;
  schema: string;
  name: string;
  /** Qualified, for SQL that we write. */
  sql: string;
  /** As the statement wrote it, for people. */
  shown: string;
  /** `pg_class.relkind`. */
  kind: string;
  /** `pg_class.relpersistence`. */
  persistence: string;
}

interface Found extends Record<string, unknown> {
  oid: string;
  schema: string;
  name: string;
  kind: string;
  persistence: string;
}

/** Undefined when there is none: IF EXISTS will pass over it, or the statement will fail. */
export async function findRelation(
  catalog: Lookup,
  named: RangeVar | undefined,
): Promise<Relation | undefined> {
  if (named === undefined) return undefined;
  const [found] = await catalog.rows<Found>(
    `SELECT c.oid::text, n.nspname AS schema, c.relname AS name, c.relkind::text AS kind,
       c.relpersistence::text AS persistence
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.oid = to_regclass($1)`,
    [relationSql(named)],
  );
  if (!found) return undefined;
  return {
    ...found,
    sql: `${quote(found.schema)}.${quote(found.name)}`,
    shown: relationName(named),
  };
}

/** Whether creating the named relation with IF NOT EXISTS would find it there already. */
export async function isTaken(catalog: Lookup, named: RangeVar): Promise<boolean> {
  // Only the schema in which it would be created counts, not the rest of the search path.
  const [found] = await catalog.rows<{ taken: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = coalesce($1, current_schema()) AND c.relname = $2::name) AS taken`,
    [named.schemaname ?? null, named.relname ?? ""],
  );
  return found?.taken ?? false;
}
