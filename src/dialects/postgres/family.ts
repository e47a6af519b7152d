// Owns: putting a column's attribute back on a table and on the partitions and children to which
// ALTER TABLE hands the change down, each of which may have had a value of its own.

import { exactly, nothingToUndo, type Undo } from "../../core/plan.ts";
import type { Lookup, TableCommand } from "./kind.ts";
import { quote } from "./names.ts";
import type { Relation } from "./relation.ts";

export interface MemberColumn extends Record<string, unknown> {
  oid: string;
  /** Qualified, quoted. */
  table: string;
  /** Attribute number; differs between parent and child. */
  number: number;
  value: string | null;
}

/**
 * The column in the table and its inheritors, the table first. `value` is an SQL expression over
 * `a` (pg_attribute), `t` (its pg_type), `d` (its pg_attrdef) and `c` (pg_class).
 */
export function columnInFamily(
  catalog: Lookup,
  table: Relation,
  column: string,
  value: string,
  only = false,
): Promise<MemberColumn[]> {
  return catalog.rows<MemberColumn>(
    `WITH RECURSIVE family(oid, depth) AS (
         SELECT $1::oid, 0
       UNION
         SELECT i.inhrelid, f.depth + 1 FROM pg_inherits i JOIN family f ON i.inhparent = f.oid
           WHERE NOT $3::boolean)
     SELECT a.attrelid::text AS oid, a.attnum::int AS number,
       format('%I.%I', n.nspname, c.relname) AS table, (${value})::text AS value
     FROM (SELECT oid, min(depth) AS depth FROM family GROUP BY oid) f
       JOIN pg_attribute a ON a.attrelid = f.oid AND a.attname = $2::name AND NOT a.attisdropped
       JOIN pg_class c ON c.oid = f.oid JOIN pg_namespace n ON n.oid = c.relnamespace
       JOIN pg_type t ON t.oid = a.atttypid
       LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
     ORDER BY f.depth, 3`,
    [table.oid, column, only],
  );
}

/** ALTER COLUMN clauses that give each its value back: one statement when all have the same. */
export function restoreMembers(
  node: TableCommand,
  members: readonly MemberColumn[],
  column: string,
  clause: (value: string | null) => string,
): Undo {
  const [first] = members;
  if (!first) return nothingToUndo;
  const alter = `ALTER COLUMN ${quote(column)}`;
  if (members.every(({ value }) => value === first.value)) {
    const only = isOnly(node) ? "ONLY " : "";
    return exactly(`ALTER TABLE ${only}${first.table} ${alter} ${clause(first.value)}`);
  }
  return exactly(
    ...members.map(({ table, value }) => `ALTER TABLE ONLY ${table} ${alter} ${clause(value)}`),
  );
}

/** Whether the statement says ONLY. */
export function isOnly({ statement }: TableCommand): boolean {
  return statement.relation?.inh !== true;
}
