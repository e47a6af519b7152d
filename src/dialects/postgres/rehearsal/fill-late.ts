// Owns: foreign keys that were NULL at first because the rows they refer to were not there yet: gives
// some of the rows their values. Hierarchies get no circles, which would make a recursive query of
// the application run for ever.

import type { Session } from "../../dialect.ts";
import { quote } from "../names.ts";
import { refusalOf } from "./fill-refusal.ts";
import { type ForeignKeyShape, rowsOf, type TableShape } from "./table-shapes.ts";

/** Rows looked at on each side; the server joins all with all. */
const most = 60;

/** Rows that stay NULL are no failure: the column allows it. */
export async function settleLate(
  session: Session,
  table: TableShape,
  key: ForeignKeyShape,
  target: TableShape,
): Promise<void> {
  // Two in three; where a rule of the table refuses that, one.
  for (const some of ["n % 3 > 0", "n = 2", "n = 1"]) {
    try {
      await session.run(lateSql(table, key, target, some));
      return;
    } catch (error) {
      refusalOf(error);
    }
  }
}

function lateSql(
  table: TableShape,
  key: ForeignKeyShape,
  target: TableShape,
  some: string,
): string {
  const pairs = key.columns.map((at, place) => ({
    own: table.columns[at]?.sql ?? "",
    other: quote(key.targetColumns[place] ?? ""),
    settable: table.columns[at]?.required === false,
    place,
  }));
  type Pair = (typeof pairs)[number];
  const each = (from: Pair[], write: (pair: Pair) => string, by = ", ") => from.map(write).join(by);
  const settable = pairs.filter((pair) => pair.settable);
  const fixed = pairs.filter((pair) => !pair.settable);
  const self = target.oid === table.oid || target.oid === table.parent;
  // Only from a row without children to one before it: no way leads back.
  const childless = `AND NOT EXISTS (SELECT FROM ${rowsOf(target)} x
    WHERE ${each(pairs, ({ own, other }) => `x.${own} = t.${other}`, " AND ")})`;
  const fitting = fixed.map(({ place }) => `c.k${place} = p.k${place}`);
  if (self) fitting.push("(p.part, p.row) < (c.part, c.row)");
  return `UPDATE ONLY ${table.name} AS t
    SET ${each(settable, ({ own, place }) => `${own} = choice.k${place}`)}
    FROM (
      SELECT DISTINCT ON (c.row) c.row, ${each(pairs, ({ place }) => `p.k${place}`)}
      FROM (SELECT ${each(pairs, ({ own, place }) => `t.${own} AS k${place}`)}, t.tableoid AS part,
                   t.ctid AS row, row_number() OVER (ORDER BY t.ctid) AS n
              FROM ONLY ${table.name} AS t
             WHERE ${each(settable, ({ own }) => `t.${own} IS NULL`, " AND ")} ${self ? childless : ""}
             LIMIT ${most}) AS c
      JOIN (SELECT ${each(pairs, ({ other, place }) => `t.${other} AS k${place}`)}, t.tableoid AS part,
                   t.ctid AS row, row_number() OVER (ORDER BY t.tableoid, t.ctid) AS m
              FROM ${rowsOf(target)} AS t
             WHERE ${each(pairs, ({ other }) => `t.${other} IS NOT NULL`, " AND ")}
             LIMIT ${most}) AS p ON ${["true", ...fitting].join(" AND ")}
      WHERE c.${some}
      ORDER BY c.row, (p.m * 31 + c.n * 17) % 13, p.m) AS choice
    WHERE t.ctid = choice.row`;
}
