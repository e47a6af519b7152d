// Owns: reading what capturing a table's rows needs to know of it: columns, the key that tells its
// rows apart, the partitions that are captured with it; and why some tables cannot be captured.

import type { Lookup } from "../kind.ts";
import { quote } from "../names.ts";
import { isHidden } from "../shelf-names.ts";
import type { Column, KeyPart } from "./cells.ts";

export interface CapturedTable {
  oid: string;
  /** Qualified, quoted. */
  sql: string;
  /** For people. */
  shown: string;
}

/** What is captured as one: a table, or a partitioned table with its partitions. */
export interface Target extends CapturedTable {
  /** 1, 2, ...; in the names of what is kept of it. */
  number: number;
  /** As statements name its rows: `ONLY` where inheriting tables have captures of their own. */
  rows: string;
  /** Tables that statements may name; the target is one of them. */
  members: CapturedTable[];
  /**
   * By row triggers: a statement that names an inheritance parent changes rows of its children, and
   * its transition tables neither tell which nor have the children's own columns.
   */
  byRow: boolean;
  /** Rows may move between its partitions. */
  partitioned: boolean;
  columns: Column[];
  /** Empty: nothing tells the rows apart but all that is in them. */
  key: KeyPart[];
  /** What becomes of a conflict unless a policy says otherwise; absent: `kept newer`. */
  resolution?: string;
}

export interface Uncaptured {
  /** As {@link CapturedTable.shown}. */
  table: string;
  why: string;
}

interface TableFacts extends Record<string, unknown> {
  oid: string;
  /** The topmost partitioned table above it that is captured too; itself without one. */
  root: string;
  inherits: boolean;
  partitioned: boolean;
  /** It is no partition, and no foreign key points at it. */
  alone: boolean;
  why: string | null;
}

/** Parents of foreign keys before their children. */
export async function readTargets(
  catalog: Lookup,
  tables: readonly CapturedTable[],
): Promise<{ targets: Target[]; uncaptured: Uncaptured[] }> {
  const facts = await readTables(catalog, tables);
  const byOid = new Map(tables.map((table) => [table.oid, table]));
  const targets: Target[] = [];
  const uncaptured: Uncaptured[] = [];
  for (const root of await parentsFirst(catalog, [...new Set(facts.map((each) => each.root))])) {
    const family = facts.filter((each) => each.root === root);
    const members = family.map(({ oid }) => byOid.get(oid)!);
    const refuse = (why: string) =>
      uncaptured.push(...members.map(({ shown }) => ({ table: shown, why })));
    const reason = family.find(({ why }) => why !== null)?.why;
    if (reason) {
      refuse(reason);
      continue;
    }
    const table = byOid.get(root)!;
    const columns = await readColumns(catalog, root);
    const key = await readKey(catalog, root, columns);
    const byRow = family.some(({ inherits }) => inherits);
    const simple = family.length === 1 && !byRow && family.every((each) => each.alone);
    if (key.length === 0 && !simple) {
      refuse("no primary key, nor another unique key of columns that are NOT NULL");
      continue;
    }
    // What tells the rows apart is kept of all of them; without a key, that is everything.
    for (const { at } of key) columns[at]!.sparse = false;
    if (key.length === 0) for (const column of columns) column.sparse = false;
    const rows = byRow ? `ONLY ${table.sql}` : table.sql;
    const partitioned = family.some((each) => each.partitioned);
    const number = targets.length + 1;
    targets.push({ ...table, number, rows, members, byRow, partitioned, columns, key });
  }
  return { targets, uncaptured };
}

async function readTables(
  catalog: Lookup,
  tables: readonly CapturedTable[],
): Promise<TableFacts[]> {
  return catalog.rows<TableFacts>(
    `SELECT c.oid::text,
       coalesce((SELECT a.relid::oid::text
          FROM pg_partition_ancestors(c.oid) WITH ORDINALITY AS a(relid, up)
          WHERE a.relid::oid = ANY ($1::oid[]) ORDER BY up DESC LIMIT 1), c.oid::text) AS root,
       c.relkind = 'r' AND NOT c.relispartition
         AND EXISTS (SELECT FROM pg_inherits i WHERE c.oid IN (i.inhrelid, i.inhparent)) AS inherits,
       c.relkind = 'p' AS partitioned,
       c.relkind = 'r' AND NOT c.relispartition AND NOT EXISTS (SELECT FROM pg_constraint f
         WHERE f.contype = 'f' AND f.confrelid = c.oid) AS alone,
       CASE
         WHEN c.relkind = 'f' THEN 'a foreign table'
         WHEN c.relkind NOT IN ('r', 'p') THEN 'not a table'
         WHEN c.relnamespace = 'pg_catalog'::regnamespace THEN 'a table of the server''s own'
         WHEN NOT pg_has_role(c.relowner, 'USAGE') THEN 'owned by another role'
         WHEN c.relforcerowsecurity THEN 'row-level security is forced upon its owner'
         WHEN EXISTS (SELECT FROM pg_rewrite r WHERE r.ev_class = c.oid AND r.ev_type <> '1'
           AND r.ev_enabled <> 'D') THEN 'a rule rewrites what is written to it'
         WHEN c.relkind = 'p' AND EXISTS (SELECT FROM pg_partition_tree(c.oid) p
           JOIN pg_class f ON f.oid = p.relid AND f.relkind = 'f')
           THEN 'one of its partitions is a foreign table'
       END AS why
     FROM pg_class c WHERE c.oid = ANY ($1::oid[]) ORDER BY c.oid`,
    [tables.map(({ oid }) => oid)],
  );
}

interface ColumnFacts extends Record<string, unknown>, Column {}

export async function readColumns(catalog: Lookup, oid: string): Promise<Column[]> {
  return catalog.rows<ColumnFacts>(
    `WITH RECURSIVE base(attnum, typid, domain) AS (
         SELECT attnum, atttypid, false FROM pg_attribute
           WHERE attrelid = $1::oid AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
       UNION ALL
         SELECT b.attnum, t.typbasetype, true FROM base b JOIN pg_type t ON t.oid = b.typid
           WHERE t.typtype = 'd')
     SELECT a.attname::text AS name, a.attnum::int AS number, ${isHidden("a.attname")} AS hidden,
       a.attidentity = 'a' AS always,
       n.nspname = 'pg_catalog' AS native, format('%I.%I', n.nspname, t.typname) AS type,
       b.domain, t.typcollation <> 0 AS collatable,
       (SELECT format('%I.%I', cn.nspname, c.collname) FROM pg_collation c
          JOIN pg_namespace cn ON cn.oid = c.collnamespace WHERE c.oid = a.attcollation) AS collation,
       exact, scaled, exact OR a.attstorage IN ('x', 'e') AS sparse
     FROM base b JOIN pg_type t ON t.oid = b.typid AND t.typtype <> 'd'
       CROSS JOIN LATERAL (SELECT t.oid = ANY ('{bool, int2, int4, int8, oid, date, time, timestamp,
         timestamptz, uuid, bytea, text, varchar, name}'::regtype[]::oid[]) AS exact,
         t.oid = 'numeric'::regtype AS scaled) x
       JOIN pg_namespace n ON n.oid = t.typnamespace
       JOIN pg_attribute a ON a.attrelid = $1::oid AND a.attnum = b.attnum
     ORDER BY hidden, a.attnum`,
    [oid],
  );
}

/** Empty when nothing tells the rows apart at every moment. */
async function readKey(catalog: Lookup, oid: string, columns: readonly Column[]) {
  return (await readKeys(catalog, oid, columns))[0] ?? [];
}

/** All that do, the primary key before the others. */
export async function readKeys(
  catalog: Lookup,
  oid: string,
  columns: readonly Column[],
): Promise<KeyPart[][]> {
  const found = await catalog.rows<{ names: string[]; operators: string[] }>(
    `SELECT array_agg(a.attname::text ORDER BY k.place) AS names,
       array_agg(format('OPERATOR(%I.%s)', n.nspname, o.oprname) ORDER BY k.place) AS operators
     FROM pg_index i
       CROSS JOIN unnest(i.indkey::int2[], i.indclass::oid[]) WITH ORDINALITY AS k(attnum, class, place)
       JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
       JOIN pg_opclass c ON c.oid = k.class
       -- 3 is a btree's "equal"; only btrees are unique.
       JOIN pg_amop m ON m.amopfamily = c.opcfamily AND m.amopstrategy = 3
         AND m.amoplefttype = c.opcintype AND m.amoprighttype = c.opcintype
       JOIN pg_operator o ON o.oid = m.amopopr JOIN pg_namespace n ON n.oid = o.oprnamespace
     WHERE i.indrelid = $1::oid AND i.indisunique AND i.indisvalid AND i.indimmediate
       AND NOT i.indisexclusion AND i.indpred IS NULL AND i.indexprs IS NULL
       AND k.place <= i.indnkeyatts
     GROUP BY i.indexrelid, i.indisprimary, i.indisreplident, i.indnkeyatts
     HAVING bool_and(a.attnotnull) AND count(*) = i.indnkeyatts
     ORDER BY i.indisprimary DESC, i.indisreplident DESC, i.indnkeyatts, i.indexrelid`,
    [oid],
  );
  const keys = found.map(({ names, operators }) =>
    names.map((name, place) => {
      const at = columns.findIndex((column) => column.name === name && !column.hidden);
      return { at, column: columns[at]!, operator: operators[place]! };
    }),
  );
  return keys.filter((key) => key.every(({ at }) => at >= 0));
}

/** Cycles in whatever order. */
async function parentsFirst(catalog: Lookup, oids: readonly string[]): Promise<string[]> {
  const keys = await catalog.rows<{ child: string; parent: string }>(
    `SELECT DISTINCT conrelid::text AS child, confrelid::text AS parent FROM pg_constraint
     WHERE contype = 'f' AND conrelid <> confrelid
       AND conrelid = ANY ($1::oid[]) AND confrelid = ANY ($1::oid[]) ORDER BY 1, 2`,
    [oids],
  );
  const ordered: string[] = [];
  const seen = new Set<string>();
  const visit = (oid: string) => {
    if (seen.has(oid)) return;
    seen.add(oid);
    for (const { child, parent } of keys) if (child === oid) visit(parent);
    ordered.push(oid);
  };
  for (const oid of oids) visit(oid);
  return ordered;
}

/** The columns that users see, with their places. */
export function visible(target: Target): { column: Column; at: number }[] {
  return target.columns
    .map((column, at) => ({ column, at }))
    .filter(({ column }) => !column.hidden);
}

/** Quoted, for lists. */
export const nameOf = ({ column }: { column: Column }) => quote(column.name);
