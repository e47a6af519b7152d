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
}

interface Found extends Record<string, unknown> {
  oid: string;
  schema: string;
  name: string;
  kind: string;
}

/**
 * Undefined when there is none: IF EXISTS will pass over it, or the statement will fail. Also for
 * temporary ones: they are the session's, and nothing of theirs outlives it to be undone.
 */
export async function findRelation(
  catalog: Lookup,
  named: RangeVar | undefined,
): Promise<Relation | undefined> {
  if (named === undefined) return undefined;
  const [found] = await catalog.rows<Found>(
    `SELECT c.oid::text, n.nspname AS schema, c.relname AS name, c.relkind::text AS kind
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.oid = to_regclass($1) AND c.relpersistence <> 't'`,
    [relationSql(named)],
  );
  if (!found) return undefined;
  return {
    ...found,
    sql: `${quote(found.schema)}.${quote(found.name)}`,
    shown: relationName(named),
  };
}

/** Where a CREATE with this name puts its relation. */
export interface Creation {
  /** Qualified, for SQL that we write: a temporary table of the same name would hide it. */
  sql: string;
  /** Something of the name is there already: IF NOT EXISTS passes over it. */
  taken: boolean;
}

/** Undefined when no schema is there to create in; the statement will fail. */
export async function creationOf(
  catalog: Lookup,
  named: RangeVar | undefined,
): Promise<Creation | undefined> {
  // Only the first schema of the search path counts, not what is found behind it.
  const [found] = await catalog.rows<Creation & Record<string, unknown>>(
    `SELECT format('%I.%I', n.nspname, $2::text) AS sql, EXISTS (SELECT FROM pg_class c
       WHERE c.relnamespace = n.oid AND c.relname = $2::name) AS taken
     FROM pg_namespace n WHERE n.nspname = coalesce($1, current_schema())`,
    [named?.schemaname ?? null, named?.relname ?? ""],
  );
  return found;
}
