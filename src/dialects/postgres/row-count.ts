// Owns: telling how many rows a loss concerns, without reading for long.

import type { Loss } from "../../core/plan.ts";
import type { Lookup } from "./kind.ts";
import { literal, quote } from "./names.ts";
import type { Relation } from "./relation.ts";

/** Tables up to this size are counted (some 0.1 s for 32 MiB in cache); larger ones estimated. */
const countedBytesMax = 32 * 1024 * 1024;

/** What counting needs to know of a table. */
type Counted = Pick<Relation, "oid" | "sql" | "kind">;

export type RowCount = Pick<Loss, "rows" | "estimated">;

interface Size extends Record<string, unknown> {
  bytes: string;
  estimate: number;
  nulls: number | null;
  readable: boolean;
}

/** The table with all its partitions and children. */
const family = `WITH RECURSIVE family(oid) AS (
    SELECT $1::oid UNION SELECT i.inhrelid FROM pg_inherits i JOIN family f ON i.inhparent = f.oid)`;

async function sizeOf(catalog: Lookup, relation: Counted, column?: string): Promise<Size> {
  const [size] = await catalog.rows<Size>(
    `${family}
     SELECT coalesce(sum(pg_relation_size(c.oid)), 0)::text AS bytes,
       coalesce(sum(greatest(c.reltuples, 0)), 0)::float8 AS estimate,
       -- The view, not the table under it, which only superusers may read.
       (SELECT s.null_frac FROM pg_stats s JOIN pg_class t ON t.oid = $1::oid
            AND t.relname = s.tablename AND t.relnamespace = quote_ident(s.schemaname)::regnamespace
          WHERE s.attname = $2::name ORDER BY s.inherited DESC LIMIT 1)::float8 AS nulls,
       has_table_privilege($1::oid, 'SELECT') AS readable
     FROM family f JOIN pg_class c ON c.oid = f.oid WHERE c.relkind IN ('r', 'm')`,
    [relation.oid, column ?? null],
  );
  return size ?? { bytes: "0", estimate: 0, nulls: null, readable: false };
}

/**
 * SQL: the column holds a value of somebody's. What ADD COLUMN ... DEFAULT gave to the rows that
 * were there (the catalog keeps it as attmissingval), and what is generated, is nobody's. Compared
 * as the type's own output (a cast to text differs, for bool): not every type has an equality, and a failing comparison would end the transaction.
 */
async function holdsValue(catalog: Lookup, { oid }: Counted, column: string): Promise<string> {
  const [row] = await catalog.rows<{ generated: string; missing: string | null }>(
    `SELECT attgenerated AS generated, attmissingval::text AS missing
       FROM pg_attribute WHERE attrelid = $1 AND attname = $2 AND NOT attisdropped`,
    [oid, column],
  );
  if (row?.generated) return "false";
  const name = quote(column);
  if (row === undefined || row.missing === null) return `${name} IS NOT NULL`;
  const given = `(${literal(row.missing)}::text[])[1]`;
  return `${name} IS NOT NULL AND format('%s', ${name}) IS DISTINCT FROM ${given}`;
}

/** Rows of a table, or rows in which a column holds a value; counted when that is quick. */
export async function countRows(
  catalog: Lookup,
  relation: Counted,
  column?: string,
): Promise<RowCount> {
  if (!"rpm".includes(relation.kind)) return { rows: null };
  const size = await sizeOf(catalog, relation, column);
  if (Number(size.bytes) > countedBytesMax) {
    return { rows: Math.round(size.estimate * (1 - (size.nulls ?? 0))), estimated: true };
  }
  // A refused SELECT would end the migration's transaction.
  if (!size.readable) return { rows: null };
  const condition = column === undefined ? "true" : await holdsValue(catalog, relation, column);
  return countWhere(catalog, relation, condition);
}

/** Whether a table is small enough that reading it all is no burden. */
export async function isSmall(catalog: Lookup, relation: Counted): Promise<boolean> {
  const size = await sizeOf(catalog, relation);
  return size.readable && Number(size.bytes) <= countedBytesMax;
}

/** Always reads the table: callers ask {@link isSmall} first. */
export async function countWhere(
  catalog: Lookup,
  relation: Counted,
  condition: string,
): Promise<RowCount> {
  const [counted] = await catalog.rows<{ rows: string }>(
    `SELECT count(*)::text AS rows FROM ${relation.sql} WHERE ${condition}`,
  );
  return { rows: Number(counted?.rows ?? 0) };
}
