// Owns: what has to be known of tables to make up rows for them: columns, types, keys, foreign keys,
// checks. Two queries for a whole database. Left out, as in `read.ts`: what belongs to the server,
// to an extension, to a session, or to Belay; foreign tables; views.

import type { Session } from "../../dialect.ts";
import { inOurSchema, isColumn, notHidden, ours } from "../catalog/family.ts";
import { canonically } from "../catalog/settings.ts";
import { isInternal } from "../internal-trigger.ts";

/** A type, with those it is made of. */
export interface TypeShape {
  oid: string;
  /** For SQL that we write: qualified, quoted. */
  sql: string;
  /** `pg_type.typname`. */
  name: string;
  /** Arrays are `array`, though the catalog has them as base types. */
  kind: "base" | "array" | "enum" | "domain" | "composite" | "range" | "multirange" | "pseudo";
  /** Of an array; of a multirange its ranges; of a range its bounds; of a domain what is under it. */
  inner?: TypeShape;
  innerModifier: number;
  /** Between the elements of an array of it. */
  delimiter: string;
  labels: string[];
  attributes: { type: TypeShape; modifier: number }[];
  /** A domain's, with `VALUE` for the value. */
  checks: string[];
  /** A domain that refuses NULL. */
  required: boolean;
}

export interface ColumnShape {
  name: string;
  /** Quoted. */
  sql: string;
  type: TypeShape;
  modifier: number;
  /** Refuses NULL. */
  required: boolean;
  /** What comes of leaving it out; a volatile default differs from run to run. */
  fallback: "null" | "constant" | "volatile" | "sequence";
  /** Follows from other columns; takes no value. */
  generated: boolean;
  /** An identity that takes values only by OVERRIDING SYSTEM VALUE. */
  always: boolean;
  /** Its type with its modifier, for SQL that we write. */
  typeSql: string;
}

/** A unique index, the primary key's first; positions are of columns in the table's shape. */
export interface KeyShape {
  columns: number[];
  /** No expressions and no predicate: equal columns are all that it forbids. */
  plain: boolean;
  /** NULLs count as equal to each other. */
  nullsEqual: boolean;
}

export interface ForeignKeyShape {
  name: string;
  columns: number[];
  /** Oid. */
  target: string;
  targetColumns: string[];
  /** MATCH FULL: all of its columns are NULL or none. */
  full: boolean;
}

export interface CheckShape {
  /** Undefined for the bounds of a partition. */
  name?: string;
  columns: number[];
  /** An expression over the bare names of columns. */
  sql: string;
}

export interface TableShape {
  oid: string;
  /** `public.users`, quoted where SQL needs it. */
  name: string;
  partitioned: boolean;
  /** Oid of the table that it is a partition of. */
  parent: string | null;
  columns: ColumnShape[];
  keys: KeyShape[];
  foreignKeys: ForeignKeyShape[];
  checks: CheckShape[];
  /** Has triggers of its own, or rules. */
  triggers: boolean;
  /** Takes ON CONFLICT: has no rules, and no key that is checked later than at once. */
  conflicts: boolean;
}

export interface Shapes {
  /** In the order of their names. */
  tables: TableShape[];
  types: Map<string, TypeShape>;
  /** False: text is limited to ASCII. */
  unicode: boolean;
}

/** Rows of tables that inherit from it are not its own; those of its partitions are. */
export function rowsOf({ name, partitioned }: TableShape): string {
  return partitioned ? name : `ONLY ${name}`;
}

interface TableRow extends Record<string, unknown> {
  oid: string;
  name: string;
  partitioned: boolean;
  parent: string | null;
  triggers: boolean;
  conflicts: boolean;
  bounds: string | null;
  columns: {
    number: number;
    name: string;
    sql: string;
    type: string;
    typeSql: string;
    modifier: number;
    required: boolean;
    default: string | null;
    identity: string;
    generated: string;
  }[];
  keys: (Omit<KeyShape, "columns"> & { numbers: number[] })[];
  constraints: {
    type: string;
    name: string;
    numbers: number[] | null;
    target: string;
    targetColumns: string[] | null;
    full: boolean;
    sql: string | null;
  }[];
}

/**
 * PostgreSQL 14 has no NULLS NOT DISTINCT; the row's own JSON tells without naming the column. Only
 * whether ON CONFLICT is taken is asked of hidden indexes too: the server does not know them hidden.
 */
const tablesSql = `
  SELECT c.oid::text AS oid, format('%I.%I', n.nspname, c.relname) AS name,
    c.relkind = 'p' AS partitioned,
    (SELECT i.inhparent::text FROM pg_inherits i WHERE i.inhrelid = c.oid AND c.relispartition) AS parent,
    EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT ${isInternal("t")}
        AND NOT ${inOurSchema("pg_proc", "t.tgfoid")})
      OR c.relhasrules AS triggers,
    NOT c.relhasrules AND NOT EXISTS (SELECT FROM pg_index i
      WHERE i.indrelid = c.oid AND NOT i.indimmediate) AS conflicts,
    CASE WHEN c.relispartition THEN pg_get_partition_constraintdef(c.oid) END AS bounds,
    (SELECT coalesce(json_agg(json_build_object('number', a.attnum, 'name', a.attname,
        'sql', quote_ident(a.attname), 'type', a.atttypid::text,
        'typeSql', format_type(a.atttypid, a.atttypmod), 'modifier', a.atttypmod,
        'required', a.attnotnull, 'default', pg_get_expr(d.adbin, d.adrelid),
        'identity', a.attidentity, 'generated', a.attgenerated) ORDER BY a.attnum), '[]')
       FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
      WHERE a.attrelid = c.oid AND ${isColumn("a")}) AS columns,
    (SELECT coalesce(json_agg(json_build_object(
        'numbers', (i.indkey::int2[])[0:i.indnkeyatts - 1],
        'plain', i.indpred IS NULL AND i.indexprs IS NULL,
        'nullsEqual', coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::bool, false))
        ORDER BY i.indisprimary DESC, i.indnkeyatts, i.indexrelid), '[]')
       FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid AND ${notHidden("x.relname")}
      WHERE i.indrelid = c.oid AND i.indisunique AND i.indislive) AS keys,
    (SELECT coalesce(json_agg(json_build_object('type', k.contype, 'name', k.conname,
        'numbers', k.conkey, 'target', k.confrelid::text, 'full', k.confmatchtype = 'f',
        'targetColumns', (SELECT array_agg(a.attname ORDER BY f.place)
           FROM unnest(k.confkey) WITH ORDINALITY f (number, place)
           JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = f.number),
        'sql', pg_get_expr(k.conbin, k.conrelid)) ORDER BY k.conname), '[]')
       FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype IN ('c', 'f') AND ${notHidden("k.conname")}
         -- A key that refers to a partitioned table has a row for each partition too.
         AND NOT (k.contype = 'f' AND EXISTS (SELECT FROM pg_constraint u
           WHERE u.oid = k.conparentid AND u.conrelid = k.conrelid))) AS constraints
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
    AND ${ours("n.nspname")} AND ${notHidden("c.relname")}
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
      AND d.objid = c.oid AND d.deptype = 'e')
  ORDER BY n.nspname, c.relname`;

interface TypeRow extends Record<string, unknown> {
  oid: string;
  sql: string;
  name: string;
  kind: TypeShape["kind"];
  inner: string | null;
  modifier: number;
  delimiter: string;
  labels: string[];
  attributes: [type: string, modifier: number][];
  checks: string[];
  required: boolean;
  encoding: string;
}

const isArray = "t.typcategory = 'A' AND t.typelem <> 0";

/** In PostgreSQL 14 and later a multirange is found from its range only. */
const innerOf = `CASE WHEN ${isArray} THEN t.typelem WHEN t.typtype = 'd' THEN t.typbasetype
  WHEN t.typtype = 'r' THEN (SELECT r.rngsubtype FROM pg_range r WHERE r.rngtypid = t.oid)
  WHEN t.typtype = 'm' THEN (SELECT r.rngtypid FROM pg_range r WHERE r.rngmultitypid = t.oid) END`;

/** With hidden ones: a value has a field for each. */
const attributesOf = `pg_attribute a WHERE a.attrelid = t.typrelid AND t.typtype = 'c'
  AND a.attnum > 0 AND NOT a.attisdropped`;

const typesSql = `
  WITH RECURSIVE used (oid) AS (
    SELECT * FROM unnest($1::oid[])
    UNION
    SELECT p.oid FROM used u JOIN pg_type t ON t.oid = u.oid CROSS JOIN LATERAL (
      SELECT ${innerOf} UNION ALL SELECT a.atttypid FROM ${attributesOf}) p (oid)
    WHERE p.oid IS NOT NULL)
  SELECT t.oid::text AS oid, format_type(t.oid, NULL) AS sql, t.typname::text AS name,
    CASE WHEN ${isArray} THEN 'array' ELSE CASE t.typtype WHEN 'e' THEN 'enum'
      WHEN 'd' THEN 'domain' WHEN 'c' THEN 'composite' WHEN 'r' THEN 'range'
      WHEN 'm' THEN 'multirange' WHEN 'p' THEN 'pseudo' ELSE 'base' END END AS kind,
    (${innerOf})::text AS inner, t.typtypmod AS modifier, t.typdelim::text AS delimiter,
    ARRAY(SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder) AS labels,
    (SELECT coalesce(json_agg(json_build_array(a.atttypid::text, a.atttypmod) ORDER BY a.attnum), '[]')
       FROM ${attributesOf}) AS attributes,
    ARRAY(SELECT pg_get_expr(k.conbin, 0) FROM pg_constraint k
      WHERE k.contypid = t.oid AND k.contype = 'c' ORDER BY k.conname) AS checks,
    t.typnotnull AS required, current_setting('server_encoding') AS encoding
  FROM used JOIN pg_type t ON t.oid = used.oid`;

/** All tables that hold rows of the application. */
export async function readShapes(session: Session): Promise<Shapes> {
  return canonically(session, async () => {
    const tables = await session.query<TableRow>(tablesSql, [], "belay-table-shapes");
    const used = new Set(tables.flatMap(({ columns }) => columns.map(({ type }) => type)));
    const rows = await session.query<TypeRow>(typesSql, [[...used]], "belay-type-shapes");
    const types = typesOf(rows);
    const unicode = rows.every(({ encoding }) => encoding === "UTF8");
    return { tables: aligned(tables.map((row) => tableOf(row, types))), types, unicode };
  });
}

function typesOf(rows: readonly TypeRow[]): Map<string, TypeShape> {
  const types = new Map<string, TypeShape>();
  for (const { oid, sql, name, kind, delimiter, labels, checks, required, modifier } of rows) {
    const own = { oid, sql, name, kind, delimiter, labels, checks, required };
    types.set(oid, { ...own, innerModifier: modifier, attributes: [] });
  }
  for (const { oid, inner, attributes } of rows) {
    const type = types.get(oid) as TypeShape;
    const part = inner === null ? undefined : types.get(inner);
    if (part !== undefined) type.inner = part;
    type.attributes = attributes.flatMap(([of, modifier]) => {
      const attribute = types.get(of);
      return attribute === undefined ? [] : [{ type: attribute, modifier }];
    });
  }
  return types;
}

function tableOf(row: TableRow, types: ReadonlyMap<string, TypeShape>): TableShape {
  const { oid, name, partitioned, parent, triggers, conflicts } = row;
  const columns = row.columns.map((column): ColumnShape => {
    const type = types.get(column.type) as TypeShape;
    return {
      ...{ name: column.name, sql: column.sql, type, typeSql: column.typeSql },
      modifier: column.modifier,
      required: column.required || refusesNull(type),
      fallback: fallbackOf(column.default, column.identity),
      generated: column.generated !== "",
      always: column.identity === "a",
    };
  });
  const at = (numbers: readonly number[] | null) =>
    (numbers ?? []).map((number) => row.columns.findIndex((each) => each.number === number));
  const checks = row.constraints
    .filter(({ type }) => type === "c")
    .map(
      (check): CheckShape => ({
        name: check.name,
        columns: at(check.numbers),
        sql: check.sql ?? "true",
      }),
    );
  if (row.bounds !== null) checks.push(boundsOf(row.bounds, columns));
  return {
    ...{ oid, name, partitioned, parent, triggers, conflicts, columns, checks },
    keys: row.keys.map(({ numbers, ...key }) => ({ ...key, columns: at(numbers) })),
    foreignKeys: row.constraints
      .filter(({ type }) => type === "f")
      .map(({ name: key, numbers, target, targetColumns, full }) => ({
        ...{ name: key, columns: at(numbers), target, targetColumns: targetColumns ?? [], full },
      })),
  };
}

/**
 * Where a row and the row it refers to both refer to a third by a column of one name, they mean the
 * same one: a message and its channel belong to one tenant. Triggers often insist on it. The column
 * is made a part of the key.
 */
function aligned(tables: TableShape[]): TableShape[] {
  const byOid = new Map(tables.map((table) => [table.oid, table]));
  /** Names of columns that are keys by themselves, by what they refer to. */
  const owners = (table: TableShape | undefined) =>
    (table?.foreignKeys ?? []).flatMap(({ columns, target, targetColumns }) => {
      const column = table?.columns[columns[0] ?? -1];
      if (columns.length !== 1 || column?.required !== true) return [];
      return [{ name: column.name, whose: JSON.stringify([column.name, target, targetColumns]) }];
    });
  // All is looked at before anything is changed.
  const shared = tables.flatMap((table) =>
    table.foreignKeys.flatMap((key) => {
      const theirs = new Set(owners(byOid.get(key.target)).map(({ whose }) => whose));
      const both = owners(table).filter(({ whose }) => theirs.has(whose));
      return key.full ? [] : both.map(({ name }) => ({ table, key, name }));
    }),
  );
  for (const { table, key, name } of shared) {
    const at = table.columns.findIndex((column) => column.name === name);
    if (key.columns.includes(at) || key.targetColumns.includes(name)) continue;
    key.columns.push(at);
    key.targetColumns.push(name);
  }
  return tables;
}

function refusesNull(type: TypeShape): boolean {
  if (type.kind !== "domain") return false;
  return type.required || (type.inner !== undefined && refusesNull(type.inner));
}

/** A serial column's default is `nextval('…'::regclass)`; other calls may be of anything. */
function fallbackOf(expression: string | null, identity: string): ColumnShape["fallback"] {
  if (identity !== "") return "sequence";
  if (expression === null) return "null";
  if (/^\(?nextval\('/.test(expression)) return "sequence";
  return /\w"?\(|CURRENT_|LOCALTIME|SESSION_USER/.test(expression) ? "volatile" : "constant";
}

/** What a partition demands of its rows is a check like any other. */
export function boundsOf(sql: string, columns: readonly ColumnShape[]): CheckShape {
  const words = new Set(sql.match(/"(?:[^"]|"")+"|[\w$\u0080-\uffff]+/g));
  const mentioned = columns.flatMap((column, position) => (words.has(column.sql) ? position : []));
  return { columns: mentioned, sql };
}
