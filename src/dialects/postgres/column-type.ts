// Owns: types as ALTER COLUMN TYPE compares them: domains looked through, arrays by their element.

import type { Node, TypeName } from "@pgsql/types";
import type { Lookup } from "./kind.ts";
import { dotted, parts } from "./names.ts";

export interface ColumnType {
  oid: string;
  /** `int4`, `varchar`; of an array its element's. */
  name: string;
  array: boolean;
  /** Of an array its element's oid; the type's own otherwise. */
  element: string;
  /** `pg_type.typtype`: `e` is an enum. */
  kind: string;
  /** `pg_type.typcategory`: `S` is a string. */
  category: string;
  /** `(10,2)` -> `[10, 2]`. */
  modifiers: number[];
}

interface Found extends Record<string, unknown> {
  oid: string;
  name: string;
  array: boolean;
  element: string;
  kind: string;
  category: string;
  shown: string;
}

const resolved = `WITH RECURSIVE base(oid, typmod, depth) AS (
    SELECT $1::oid, $2::int, 0
  UNION ALL
    SELECT t.typbasetype, t.typtypmod, b.depth + 1 FROM base b
      JOIN pg_type t ON t.oid = b.oid AND t.typtype = 'd')
  SELECT t.oid::text, coalesce(e.typname, t.typname)::text AS name, e.oid IS NOT NULL AS array, coalesce(e.oid, t.oid)::text AS element,
    coalesce(e.typtype, t.typtype)::text AS kind, t.typcategory::text AS category,
    format_type(t.oid, b.typmod) AS shown
  FROM base b JOIN pg_type t ON t.oid = b.oid
    LEFT JOIN pg_type e ON t.typcategory = 'A' AND e.oid = t.typelem
  ORDER BY b.depth DESC LIMIT 1`;

/** The type of a column as it is now. */
export async function columnType(
  catalog: Lookup,
  table: { oid: string },
  column: string,
): Promise<ColumnType | undefined> {
  const [attribute] = await catalog.rows<{ type: string; typmod: number }>(
    `SELECT atttypid::text AS type, atttypmod AS typmod FROM pg_attribute
     WHERE attrelid = $1::oid AND attname = $2::name AND NOT attisdropped`,
    [table.oid, column],
  );
  return attribute && resolve(catalog, attribute.type, attribute.typmod);
}

/** The type that a statement names; undefined when the server does not know it. */
export async function namedType(
  catalog: Lookup,
  named: TypeName | undefined,
): Promise<ColumnType | undefined> {
  if (!named) return undefined;
  const array = named.arrayBounds ? "[]" : "";
  const [found] = await catalog.rows<{ oid: string | null }>(
    "SELECT to_regtype($1)::oid::text AS oid",
    [dotted(parts(named.names)) + array],
  );
  if (!found?.oid) return undefined;
  const type = await resolve(catalog, found.oid, -1);
  const written = modifiersOf(named);
  return type && written.length > 0 ? { ...type, modifiers: written } : type;
}

async function resolve(
  catalog: Lookup,
  oid: string,
  typmod: number,
): Promise<ColumnType | undefined> {
  const [found] = await catalog.rows<Found>(resolved, [oid, typmod]);
  if (!found) return undefined;
  const { shown, ...type } = found;
  const modifiers = /\((-?\d+(?:,-?\d+)?)\)/.exec(shown)?.[1]?.split(",").map(Number) ?? [];
  return { ...type, modifiers };
}

/** Whether `value::to` is something that the server can read at all. */
export async function canCast(catalog: Lookup, from: ColumnType, to: ColumnType): Promise<boolean> {
  if (from.category === "S" || to.category === "S") return true;
  if (from.array !== to.array) return false;
  if (from.element === to.element) return true;
  const found = await catalog.rows(
    "SELECT FROM pg_cast WHERE castsource = $1::oid AND casttarget = $2::oid",
    [from.element, to.element],
  );
  return found.length > 0;
}

function modifiersOf({ typmods }: TypeName): number[] {
  return (typmods ?? []).flatMap((node: Node) =>
    "A_Const" in node && node.A_Const.ival ? [node.A_Const.ival.ival ?? 0] : [],
  );
}

/** `"pg_catalog"."varchar"(10)[]`, for SQL that we write. */
export function typeSql(named: TypeName): string {
  const modifiers = modifiersOf(named);
  const list = modifiers.length === 0 ? "" : `(${modifiers.join(", ")})`;
  return `${dotted(parts(named.names))}${list}${named.arrayBounds ? "[]" : ""}`;
}
