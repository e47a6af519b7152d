// Owns: the rows of tables as an application knows them: by their key, with their cells as text.

import type { Session } from "../../dialect.ts";
import { literal } from "../names.ts";
import { inHalves } from "./fill-refusal.ts";
import { type KeyShape, rowsOf, type TableShape } from "./table-shapes.ts";

/** Cells as text, by position of the table's columns. */
export type KnownRow = readonly (string | null)[];

/** Rows of a table to choose from. */
const most = 200;

/** The primary key, or a unique key without NULLs. */
export function keyOf({ keys, columns }: TableShape): KeyShape | undefined {
  return keys.find((key) => key.plain && key.columns.every((at) => columns[at]?.required));
}

export function keyText(key: KeyShape, row: KnownRow): string {
  return JSON.stringify(key.columns.map((at) => row[at]));
}

/** In the order of their keys; none of a table that may not be read. One query. */
export async function readRows(
  session: Session,
  tables: readonly TableShape[],
): Promise<Map<TableShape, KnownRow[]>> {
  const rows = new Map<TableShape, KnownRow[]>();
  await inHalves(tables, { left: 20 }, async (some) => {
    const parts = some.map((table, place) => {
      const cells = table.columns.map(({ sql }) => `${sql}::pg_catalog.text`);
      const key = keyOf(table)?.columns.map((at) => table.columns[at]?.sql) ?? ["1"];
      return `(SELECT ${place} AS t, ARRAY[${cells.join(", ")}] AS row FROM ${rowsOf(table)}
        ORDER BY ${key.join(", ")} LIMIT ${most})`;
    });
    const sql = parts.join("\nUNION ALL ");
    const found = await session.query<{ t: number; row: (string | null)[] }>(sql);
    some.forEach((table, place) => {
      const own = found.filter(({ t }) => t === place);
      rows.set(
        table,
        own.map(({ row }) => row),
      );
    });
  });
  return rows;
}

/** Finds the row by its key. */
export function whereSql(table: TableShape, key: KeyShape, row: KnownRow): string {
  return key.columns
    .map((at) => `${table.columns[at]?.sql} = ${literal(row[at] ?? "")}`)
    .join(" AND ");
}
