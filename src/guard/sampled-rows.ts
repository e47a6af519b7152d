// Owns: what became of the rows that were sampled before, and saying so with figures. A row with other values
// and the same last writer was written by nobody: a change of the schema has lost them. One with another
// writer is not judged, because nobody knows what it is to hold. Pure.

import {
  digestLength,
  type RowSample,
  type SampledRow,
  type SampledTable,
  type SeenAgain,
  unreadDigest,
} from "../core/row-sample.ts";

export interface RowsVerdict {
  passed: boolean;
  detail: string;
}

/** How many rows that differ are named. */
const named = 3;

/** Characters of a key's value that are shown. */
const shownLength = 40;

/** `seen`: for each table of the sample. */
export function judgeRows({ tables, leftOut }: RowSample, seen: readonly SeenAgain[]): RowsVerdict {
  const told: Told = { same: 0, written: 0, gone: 0, differ: 0, tables: 0, wrong: [], unseen: [] };
  for (const [at, table] of tables.entries()) {
    const now = seen[at];
    if (now === undefined || table.rows.length === 0) continue;
    if (now.kind === "unread") told.unseen.push(`${table.table} (${now.why})`);
    else if (now.kind === "missing") told.wrong.push(`${table.table}: ${now.why}`);
    else judgeTable(told, table, now, tables);
  }
  const { same, written, gone, differ } = told;
  const isEmpty = gone > 0 && same + written + differ === 0;
  if (isEmpty) told.wrong.push("none of the sampled rows is there");
  const left = leftOut.map(({ table, why }) => `${table} (${why})`);
  const isBlind = told.tables === 0 && told.unseen.length > 0;
  return {
    passed: told.wrong.length === 0 && !isBlind,
    detail: [
      ...told.wrong,
      figures(told, left.length > 0),
      ...(told.unseen.length > 0 ? [`not read again: ${told.unseen.join(", ")}`] : []),
      ...(left.length > 0 ? [`not sampled: ${left.join(", ")}`] : []),
    ].join("; "),
  };
}

interface Told {
  same: number;
  written: number;
  gone: number;
  differ: number;
  tables: number;
  /** What is not as it was, although nobody has written it. */
  wrong: string[];
  unseen: string[];
}

function judgeTable(
  told: Told,
  table: SampledTable,
  now: Extract<SeenAgain, { kind: "read" }>,
  all: readonly SampledTable[],
): void {
  if (now.identity !== table.identity) {
    const other = all.find(({ identity }) => identity === now.identity);
    // One that was made since is somebody's; two that have changed places are not.
    if (other) told.wrong.push(`${table.table} is what was ${other.table}`);
    else told.unseen.push(`${table.table} (by now it is another table)`);
    return;
  }
  told.tables += 1;
  const compared = comparedColumns(told, table, now.columns);
  const differing = new Map<string, SampledRow[]>();
  for (const [place, row] of table.rows.entries()) {
    const is = now.rows.get(place);
    const unequal = compared.filter(({ was, at }) => isUnequal(row[2], was, is?.digests ?? "", at));
    const became = becameOf(row, is, unequal.length);
    told[became] += 1;
    if (became !== "differ") continue;
    for (const { name } of unequal) differing.set(name, [...(differing.get(name) ?? []), row]);
  }
  for (const [name, rows] of differing) {
    const some = rows.slice(0, named).map(([key]) => shownKey(table, key));
    const which = `${some.join("; ")}${rows.length > named ? "; ..." : ""}`;
    told.wrong.push(
      `column ${name} of ${table.table} differs in ${count(rows.length, "row")} that nobody has written since (${which})`,
    );
  }
}

function becameOf([, writer]: SampledRow, is: { writer: string } | undefined, unequal: number) {
  if (is === undefined) return "gone";
  if (unequal === 0) return "same";
  return is.writer === writer ? "differ" : "written";
}

interface Compared {
  name: string;
  /** Its place among the digests, before and now. */
  was: number;
  at: number;
}

/** Those of the same name and type; others are told. */
function comparedColumns(
  told: Told,
  { table, columns }: SampledTable,
  now: SampledTable["columns"],
): Compared[] {
  return columns.flatMap(([name, type], was) => {
    const at = now.findIndex((each) => each[0] === name && each[1] === type);
    if (at >= 0) return [{ name, was, at }];
    told.wrong.push(`column ${name} of ${table} is not there as ${type}`);
    return [];
  });
}

function isUnequal(before: string, was: number, now: string, at: number): boolean {
  const [old, present] = [digestAt(before, was), digestAt(now, at)];
  return old !== present && old !== unreadDigest && present !== unreadDigest;
}

function digestAt(digests: string, place: number): string {
  return digests.slice(place * digestLength, (place + 1) * digestLength);
}

function shownKey({ key }: SampledTable, values: readonly string[]): string {
  return key.map((name, at) => `${name} ${cut(values[at] ?? "")}`).join(", ");
}

function cut(text: string): string {
  return text.length > shownLength ? `${text.slice(0, shownLength)}...` : text;
}

function figures(told: Told, isLeft: boolean): string {
  const { same, written, gone, differ, tables, unseen, wrong } = told;
  if (tables === 0) {
    if (unseen.length > 0 || wrong.length > 0) return "no sampled row was compared";
    return isLeft ? "no row could be sampled" : "there were no rows before";
  }
  const all = same + written + gone + differ;
  const rows = `${count(all, "sampled row")} of ${count(tables, "table")}`;
  const others = [
    ...(written > 0 ? [`${written} written since`] : []),
    ...(gone > 0 ? [`${gone} deleted since`] : []),
  ];
  const judged = same + differ === 0 ? ["so that none could be judged"] : [];
  return [`${same === all ? rows : `${same} of ${rows}`} as they were`, ...others, ...judged].join(
    ", ",
  );
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? "" : "s"}`;
}
