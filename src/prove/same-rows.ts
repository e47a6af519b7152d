// Owns: whether two databases hold the same rows, and which columns say otherwise. Pure.

import type { Contents, Row, TableRows } from "../dialects/rehearsal.ts";
import { keyOf } from "./expect-rows.ts";

/** Without a column: there are rows that the other does not have. */
export interface UnequalColumn {
  table: string;
  column?: string;
}

/** Tables that only one of them has are the catalog's matter. */
export function sameRows(a: Contents, b: Contents): UnequalColumn[] {
  return a.tables.flatMap((table) => {
    const other = b.tables.find(({ name }) => name === table.name);
    return other === undefined ? [] : unequal(table, other);
  });
}

function unequal(a: TableRows, b: TableRows): UnequalColumn[] {
  const table = a.name;
  const positions = a.columns.map(({ name }) => b.columns.findIndex((each) => each.name === name));
  const rows = b.rows.map((row): Row => positions.map((position) => row[position] ?? null));
  if (a.rows.length !== rows.length) return [{ table }];
  const columns = new Set<number>();
  const [restA, restB] = pairByKey(a, rows, columns);
  // Keys that are made at random pair no rows: what is left is compared column by column.
  for (let at = 0; at < a.columns.length; at += 1) {
    if (sorted(restA, at) !== sorted(restB, at)) columns.add(at);
  }
  return [...columns].map((at) => ({ table, column: a.columns[at]?.name ?? "" }));
}

/** Notes the columns in which rows of one key differ; returns the rows that have no partner. */
function pairByKey({ key, rows }: TableRows, other: readonly Row[], unequalAt: Set<number>) {
  if (key === undefined) return pairByContent(rows, other);
  const left = new Map(other.map((row) => [keyOf(row, key), row]));
  const alone = rows.filter((row) => {
    const partner = left.get(keyOf(row, key));
    if (partner === undefined) return true;
    left.delete(keyOf(row, key));
    row.forEach((cell, at) => {
      if (cell !== partner[at]) unequalAt.add(at);
    });
    return false;
  });
  return [alone, [...left.values()]] as const;
}

function pairByContent(rows: readonly Row[], other: readonly Row[]) {
  const left = new Map<string, Row[]>();
  for (const row of other) {
    const text = JSON.stringify(row);
    left.set(text, [...(left.get(text) ?? []), row]);
  }
  const alone = rows.filter((row) => left.get(JSON.stringify(row))?.pop() === undefined);
  return [alone, [...left.values()].flat()] as const;
}

function sorted(rows: readonly Row[], at: number): string {
  return rows
    .map((row) => JSON.stringify(row[at]))
    .sort()
    .join("\n");
}
