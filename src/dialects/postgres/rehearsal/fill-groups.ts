// Owns: which columns of a table have to be chosen together: those of a foreign key, and those that
// a check compares.

import type { CheckShape, ForeignKeyShape, TableShape } from "./table-shapes.ts";

export interface Group {
  columns: number[];
  checks: CheckShape[];
  /** Those with the most columns first: they leave the least choice. */
  foreignKeys: ForeignKeyShape[];
}

/** Groups share no column, and every column that takes a value is in one. */
export function groupsOf(table: TableShape): Group[] {
  const leader = table.columns.map((_, at) => at);
  const find = (at: number): number => {
    const up = leader[at] ?? at;
    return up === at ? at : find(up);
  };
  const bonds = [...table.checks, ...table.foreignKeys];
  for (const { columns } of bonds) {
    for (const at of columns) leader[find(at)] = find(columns[0] ?? at);
  }
  const groups = new Map<number, Group>();
  table.columns.forEach(({ generated }, at) => {
    if (generated) return;
    const group = groups.get(find(at)) ?? { columns: [], checks: [], foreignKeys: [] };
    group.columns.push(at);
    groups.set(find(at), group);
  });
  const groupWith = (columns: readonly number[]) => groups.get(find(columns[0] ?? -1));
  for (const check of table.checks) groupWith(check.columns)?.checks.push(check);
  for (const key of table.foreignKeys) groupWith(key.columns)?.foreignKeys.push(key);
  for (const { foreignKeys } of groups.values()) {
    foreignKeys.sort((a, b) => b.columns.length - a.columns.length);
  }
  return [...groups.values()];
}
