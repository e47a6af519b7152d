// Owns: what a user of the schema `public` sees, read with SQL of its own: shape and every cell as
// text. Nothing of Belay's code is asked; what bears its reserved names is left out, as for users.
//
// Every table has a column `tag`, unique in it, which nothing ever updates: it says which row is
// which, whatever becomes of keys.

import type pg from "pg";

export const tagColumn = "tag";
const ours = /^belay_[0-9a-f]{8}_/;

export interface ColumnShape {
  /** Place in the catalog: identity across renames. */
  num: number;
  name: string;
  type: string;
  notNull: boolean;
  default: string | null;
  generated: boolean;
  identity: string;
}

export interface ConstraintShape {
  name: string;
  type: string;
  definition: string;
  columns: string[];
  /** Of a foreign key: the table it leads to, and its columns there. */
  target: string | null;
  targetColumns: string[];
  onUpdate: string;
}

export interface TableShape {
  /** Identity across renames. */
  oid: string;
  name: string;
  kind: "r" | "p" | "v";
  isPartition: boolean;
  columns: ColumnShape[];
  constraints: ConstraintShape[];
  /** By name. */
  indexes: Record<string, string>;
  triggers: string[];
  view: string | null;
}

export interface Shape {
  tables: TableShape[];
  enums: Record<string, string[]>;
}

/** Cells by column; null is NULL. */
export type Cells = Record<string, string | null>;

export interface Snapshot {
  shape: Shape;
  /** By table, then by tag. */
  rows: Map<string, Map<string, Cells>>;
}

export const ident = (name: string) => `"${name.replaceAll('"', '""')}"`;

export async function readShape(client: pg.ClientBase): Promise<Shape> {
  const { rows } = await client.query<{ shape: Shape }>({
    name: "window-shape",
    text: `SELECT json_build_object('tables', coalesce((SELECT json_agg(json_build_object(
      'oid', c.oid::text, 'name', c.relname, 'kind', c.relkind, 'isPartition', c.relispartition,
      'view', CASE WHEN c.relkind = 'v' THEN pg_get_viewdef(c.oid) END,
      'columns', (SELECT coalesce(json_agg(json_build_object('num', a.attnum, 'name', a.attname,
          'type', format_type(a.atttypid, a.atttypmod), 'notNull', a.attnotnull,
          'generated', a.attgenerated <> '', 'identity', a.attidentity,
          'default', (SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d
            WHERE d.adrelid = c.oid AND d.adnum = a.attnum)) ORDER BY a.attnum), '[]')
        FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
      'constraints', (SELECT coalesce(json_agg(json_build_object('name', k.conname, 'type', k.contype,
          'definition', pg_get_constraintdef(k.oid), 'onUpdate', k.confupdtype,
          'target', (SELECT f.relname FROM pg_class f WHERE f.oid = k.confrelid),
          'columns', (SELECT coalesce(json_agg(a.attname ORDER BY u.at), '[]') FROM unnest(k.conkey) WITH ORDINALITY u(num, at)
            JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.num),
          'targetColumns', (SELECT coalesce(json_agg(a.attname ORDER BY u.at), '[]') FROM unnest(k.confkey) WITH ORDINALITY u(num, at)
            JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.num))
          ORDER BY k.conname), '[]') FROM pg_constraint k WHERE k.conrelid = c.oid),
      'indexes', (SELECT coalesce(json_object_agg(x.relname, pg_get_indexdef(i.indexrelid) ORDER BY x.relname), '{}')
        FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid WHERE i.indrelid = c.oid),
      'triggers', (SELECT coalesce(json_agg(pg_get_triggerdef(t.oid) ORDER BY t.tgname), '[]') FROM pg_trigger t
        WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgname !~ $1)) ORDER BY c.relname)
      FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v')), '[]'),
    'enums', (SELECT coalesce(json_object_agg(t.typname, (SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder)
        FROM pg_enum e WHERE e.enumtypid = t.oid)), '{}')
      FROM pg_type t WHERE t.typnamespace = 'public'::regnamespace AND t.typtype = 'e')) AS shape`,
    values: [ours.source],
  });
  return visible(rows[0]!.shape);
}

function visible({ tables, enums }: Shape): Shape {
  return {
    enums,
    tables: tables.map((table) => ({
      ...table,
      columns: table.columns.filter(({ name }) => !ours.test(name)),
      constraints: table.constraints.filter(({ name }) => !ours.test(name)),
      indexes: Object.fromEntries(
        Object.entries(table.indexes).filter(([name]) => !ours.test(name)),
      ),
    })),
  };
}

/** Tables that hold rows of their own; a partition's are its parent's. */
export function holders(shape: Shape): TableShape[] {
  return shape.tables.filter(({ kind, isPartition }) => kind !== "v" && !isPartition);
}

/** Rows cannot be told apart any more. */
export class SameTag extends Error {}

export async function readSnapshot(client: pg.ClientBase): Promise<Snapshot> {
  const shape = await readShape(client);
  const tables = holders(shape).filter(({ columns }) => columns.some((c) => c.name === tagColumn));
  const rows: Snapshot["rows"] = new Map(tables.map(({ name }) => [name, new Map()]));
  if (tables.length === 0) return { shape, rows };
  const parts = tables.map(({ name, kind, columns }, place) => {
    const cells = columns.map((column) => `${ident(column.name)}::text`).join(", ");
    return `SELECT ${place} AS place, ${tagColumn} AS tag, ARRAY[${cells}]::text[] AS cells
      FROM ${kind === "r" ? "ONLY " : ""}public.${ident(name)}`;
  });
  const found = await client.query<{ place: number; tag: string; cells: (string | null)[] }>(
    parts.join(" UNION ALL "),
  );
  for (const { place, tag, cells } of found.rows) {
    const { name, columns } = tables[place]!;
    const table = rows.get(name)!;
    if (table.has(tag)) throw new SameTag(`two rows of ${name} have the tag ${tag}`);
    table.set(tag, Object.fromEntries(columns.map((column, at) => [column.name, cells[at]!])));
  }
  return { shape, rows };
}

/** Without identities, so that a table that was made again is the same; one line each. */
export function shapeLines({ tables, enums }: Shape): string[] {
  return [
    ...Object.entries(enums).map(([name, labels]) => `enum ${name}: ${labels.join()}`),
    ...tables.flatMap((table) => {
      const { name, kind } = table;
      // A generated column is made again behind the others.
      const ordered = table.columns.toSorted((a, b) => Number(a.generated) - Number(b.generated));
      return [
        `${kind} ${name}`,
        ...(table.view === null ? [] : [`${name} is ${table.view}`]),
        ...ordered.map(
          (c, at) =>
            `${name}.${at + 1} ${c.name} ${c.type} ${c.notNull} ${c.default} ${c.generated} ${c.identity}`,
        ),
        ...table.constraints.map((k) => `${name}: ${k.name} ${k.definition}`),
        ...Object.values(table.indexes),
        ...table.triggers,
      ];
    }),
  ];
}

/** Columns of the primary key, else of a unique key of NOT NULL columns. */
export function keyOf({ columns, constraints }: TableShape): string[] {
  const unique = constraints.filter(({ type }) => type === "p" || type === "u");
  const notNull = new Set(columns.flatMap(({ name, notNull: is }) => (is ? [name] : [])));
  const place = (name: string | undefined) => columns.findIndex((column) => column.name === name);
  const [first] = unique
    .filter((each) => each.columns.every((name) => notNull.has(name)))
    .sort((a, b) => place(a.columns[0]) - place(b.columns[0]));
  return (unique.find(({ type }) => type === "p") ?? first)?.columns ?? [];
}
