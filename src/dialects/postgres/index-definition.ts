// Owns: the SQL that makes an index again as it is now: definition, comment, and the marks that
// the table puts on it. Indexes that belong to a constraint are constraint-definition.ts's.

import type { Lookup } from "./kind.ts";
import { literal, quote } from "./names.ts";
import { optionSql } from "./options.ts";

interface Found extends Record<string, unknown> {
  oid: string;
  parent: string | null;
  name: string;
  table: string;
  definition: string;
  valid: boolean;
  partitioned: boolean;
}

/** What pg_get_indexdef and pg_get_constraintdef leave out. */
export interface IndexMarks extends Record<string, unknown> {
  /** Qualified, quoted. */
  name: string;
  /** Unqualified, quoted. */
  bare: string;
  /** Qualified, quoted. */
  table: string;
  options: string[] | null;
  tablespace: string | null;
  comment: string | null;
  clustered: boolean;
  identity: boolean;
  /** `1 500`: statistics target of an expression column. */
  targets: string[] | null;
}

/** The index and, for one of a partitioned table, those attached to it, parents first. */
export async function indexFamily(catalog: Lookup, oid: string): Promise<Found[]> {
  return catalog.rows<Found>(
    `WITH RECURSIVE family(oid, parent, depth) AS (
         SELECT $1::oid, NULL::oid, 0
       UNION ALL
         SELECT i.inhrelid, f.oid, f.depth + 1 FROM pg_inherits i JOIN family f ON i.inhparent = f.oid)
     SELECT f.oid::text, f.parent::text, format('%I.%I', n.nspname, c.relname) AS name,
       format('%I.%I', tn.nspname, t.relname) AS table, pg_get_indexdef(f.oid) AS definition,
       x.indisvalid AS valid, c.relkind = 'I' AS partitioned
     FROM family f JOIN pg_class c ON c.oid = f.oid JOIN pg_namespace n ON n.oid = c.relnamespace
       JOIN pg_index x ON x.indexrelid = f.oid JOIN pg_class t ON t.oid = x.indrelid
       JOIN pg_namespace tn ON tn.oid = t.relnamespace
     ORDER BY f.depth, name`,
    [oid],
  );
}

/**
 * Statements that make the index again; undefined when that cannot be done, because it is INVALID
 * (a failed CONCURRENTLY) and can only be made valid.
 */
export async function recreateIndex(catalog: Lookup, oid: string): Promise<string[] | undefined> {
  const family = await indexFamily(catalog, oid);
  if (family.some((index) => !index.valid && !index.partitioned)) return undefined;
  const nameOf = new Map(family.map((index) => [index.oid, index.name]));
  const sql: string[] = [];
  for (const index of family) {
    sql.push(index.definition);
    const parent = index.parent === null ? undefined : nameOf.get(index.parent);
    if (parent) sql.push(`ALTER INDEX ${parent} ATTACH PARTITION ${index.name}`);
    sql.push(...markSql(await marksOf(catalog, index.oid)));
  }
  return sql;
}

export async function marksOf(catalog: Lookup, oid: string): Promise<IndexMarks | undefined> {
  const [marks] = await catalog.rows<IndexMarks>(
    `SELECT format('%I.%I', n.nspname, c.relname) AS name, quote_ident(c.relname) AS bare,
       format('%I.%I', tn.nspname, t.relname) AS table, c.reloptions AS options,
       ts.spcname AS tablespace, obj_description(c.oid, 'pg_class') AS comment,
       x.indisclustered AS clustered, x.indisreplident AS identity,
       (SELECT array_agg(a.attnum || ' ' || a.attstattarget ORDER BY a.attnum)
          FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attstattarget >= 0) AS targets
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       JOIN pg_index x ON x.indexrelid = c.oid JOIN pg_class t ON t.oid = x.indrelid
       JOIN pg_namespace tn ON tn.oid = t.relnamespace
       LEFT JOIN pg_tablespace ts ON ts.oid = c.reltablespace
     WHERE c.oid = $1::oid`,
    [oid],
  );
  return marks;
}

/** Options stand in an index's definition, but not in that of a constraint. */
export function markSql(marks: IndexMarks | undefined, withOptions = false): string[] {
  if (!marks) return [];
  const { name, bare, table, comment, options, tablespace } = marks;
  return [
    ...(withOptions && options
      ? [`ALTER INDEX ${name} SET (${options.map(optionSql).join(", ")})`]
      : []),
    ...(tablespace ? [`ALTER INDEX ${name} SET TABLESPACE ${quote(tablespace)}`] : []),
    ...(marks.targets ?? []).map((target) => {
      const [column, value] = target.split(" ");
      return `ALTER INDEX ${name} ALTER COLUMN ${column} SET STATISTICS ${value}`;
    }),
    ...(comment === null ? [] : [`COMMENT ON INDEX ${name} IS ${literal(comment)}`]),
    ...(marks.clustered ? [`ALTER TABLE ${table} CLUSTER ON ${bare}`] : []),
    ...(marks.identity ? [`ALTER TABLE ${table} REPLICA IDENTITY USING INDEX ${bare}`] : []),
  ];
}
