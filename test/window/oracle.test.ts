// What the oracle of the random cases asks for after an earlier rollback has told a loss: that and no
// more is excused.

import { expect, test } from "vitest";
import { judgeDown, lineageOf, type Told } from "./oracle.ts";
import type { Cells, ColumnShape, Snapshot, TableShape } from "./snapshot.ts";

function table(oid: string, name: string, type: string): TableShape {
  const column = { notNull: false, default: null, generated: false, identity: "" };
  const columns: ColumnShape[] = [
    { ...column, num: 1, name: "tag", type: "text" },
    { ...column, num: 2, name: "a", type },
  ];
  const none = { constraints: [], indexes: {}, triggers: [], view: null };
  return { oid, name, kind: "r", isPartition: false, columns, ...none };
}

function snapshot(...tables: TableShape[]): Snapshot {
  const row = (): [string, Cells] => ["r1", { tag: "r1", a: "1" }];
  const rows = new Map(tables.map(({ name }) => [name, new Map([row()])]));
  return { shape: { tables, enums: {} }, rows };
}

const other = table("1", "other", "integer");
const was = snapshot(other, table("2", "t", "integer"));
const left = snapshot(other, table("2", "t", "text"));
const told: Told = {
  ...{ conflicts: [], losses: [], evaluate: async () => undefined },
  ...{ isOff: false, hasLost: true, sql: "" },
};
const judge = (now: Snapshot, found: Snapshot, hasLost = true) =>
  judgeDown(
    { was, left, now, lineage: lineageOf(was.shape, left.shape) },
    { ...found },
    { ...told, hasLost },
  );
const gone = snapshot(table("2", "t", "text"));
const back = snapshot(table("2", "t", "integer"));

test("a table that an earlier migration has destroyed is not asked for", async () => {
  expect(await judge(gone, back)).toEqual([]);
  expect(await judge(gone, back, false)).toContain("missing: r other");
});

test("a table that this rollback has lost is, and so is all that it had to take back", async () => {
  expect(await judge(left, back)).toEqual(
    expect.arrayContaining(["missing: r other", expect.stringMatching(/^other r1: is gone/)]),
  );
  expect(await judge(gone, gone)).toEqual([
    "missing: t a integer false null false ",
    "too much: t a text false null false ",
  ]);
});

test("a loss is told by the name that the table had when it went", async () => {
  const sql = 'ALTER TABLE "other" RENAME TO "quo""te";\nDROP TABLE "quo""te"';
  const dropped = snapshot(table("2", "t", "integer"));
  const window = { was, left: dropped, now: dropped };
  const lineage = lineageOf(was.shape, dropped.shape);
  const judgeLoss = (object: string) =>
    judgeDown({ ...window, lineage }, dropped, {
      ...{ ...told, hasLost: false, sql },
      losses: [{ object, why: "DROP TABLE removes it with its rows", rows: 1 }],
    });
  expect(await judgeLoss('table "quo""te"')).toEqual([]);
  expect(await judgeLoss('table "quite"')).toEqual([expect.stringMatching(/^other r1: is gone/)]);
});
