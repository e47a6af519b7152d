// ADD COLUMN with a default that differs from row to row writes the whole table anew while nobody can
// read or write it. Here the column comes without one, gets the default for rows to come, and the rows
// that are there are filled in batches.

import type { ColumnDef, Constraint } from "@pgsql/types";
import { callsIn, isVolatile } from "../functions.ts";
import { rewrites } from "../kinds/add-column.ts";
import { quote } from "../names.ts";
import { commandOf, firesOnUpdate, mainPart, ownStep, part, type SafeForm } from "./form.ts";
import { scaffoldOf } from "./not-null.ts";

export const form: SafeForm = {
  name: "filled",
  kind: "add-column",
  blocks(parsed) {
    const command = commandOf(parsed);
    const column = command && columnOf(command.command.def);
    if (column === undefined || !rewrites(column, constraintsOf(column))) return undefined;
    return command?.statement.relation;
  },
  async steps(written, occasion) {
    const { catalog, table } = occasion;
    const command = commandOf(written.parsed);
    const column = columnOf(command?.command.def) ?? {};
    const name = column.colname ?? "";
    const constraints = constraintsOf(column);
    const others = constraints.filter(({ contype = "" }) => !simple.has(contype));
    const value = constraints.find(({ contype }) => contype === "CONSTR_DEFAULT");
    if (value === undefined || others.length > 0 || column.collClause) {
      return "only a column with a default and NOT NULL, and no more, can be filled later";
    }
    if (!isNeverNull(value.raw_expr))
      return "its default might be NULL, so nobody could tell what is filled";
    const found = await catalog.rows<{ children: boolean; there: boolean }>(
      `SELECT EXISTS (SELECT FROM pg_inherits WHERE inhparent = $1::oid) AS children,
         EXISTS (SELECT FROM pg_attribute WHERE attrelid = $1::oid AND attname = $2::name AND NOT attisdropped) AS there`,
      [table.oid, name],
    );
    if (found[0]?.there) return undefined;
    if (table.kind !== "r" || found[0]?.children) return "other tables get the column with it";
    const { sql } = written.parsed;
    const textOf = texts(sql, constraints);
    const alter = `ALTER TABLE ${table.sql}`;
    const nothing = { undo: [], temporary: false };
    const own = (text: string) => part(text, written, occasion.form, nothing);
    const add = await mainPart(textOf(undefined), written, occasion.form);
    const isUnfilled = `${quote(name)} IS NULL`;
    const fill = `UPDATE ONLY ${table.sql} SET ${quote(name)} = DEFAULT
  WHERE ctid >= $1 AND ctid < $2 AND ${isUnfilled}`;
    const left = `SELECT FROM ONLY ${table.sql} WHERE ${isUnfilled}`;
    const silent = await firesOnUpdate(occasion);
    const steps = [
      {
        transactional: true,
        statements: [
          { ...add, rewrites: false },
          await own(`${alter} ALTER COLUMN ${quote(name)} SET ${textOf(value)}`),
        ],
      },
      ownStep(fill, written, occasion.form, {
        locks: [{ table: table.shown, mode: "ROW EXCLUSIVE" }],
        scans: true,
        repeat: { sweeps: { table: table.sql, left }, ...(silent && { quietly: true }) },
      }),
    ];
    if (!constraints.some(({ contype }) => contype === "CONSTR_NOTNULL")) return steps;
    const scaffold = await scaffoldOf(written, occasion, name);
    const set = await own(`${alter} ALTER COLUMN ${quote(name)} SET NOT NULL`);
    const statements = [{ ...set, scans: false }, scaffold.drop];
    return [...steps, ...scaffold.steps, { transactional: true, statements }];
  },
};

const simple = new Set(["CONSTR_DEFAULT", "CONSTR_NOTNULL", "CONSTR_NULL"]);

function columnOf(def: unknown): ColumnDef | undefined {
  return typeof def === "object" && def !== null && "ColumnDef" in def
    ? (def.ColumnDef as ColumnDef)
    : undefined;
}

function constraintsOf({ constraints = [] }: ColumnDef): Constraint[] {
  return constraints.flatMap((each) => ("Constraint" in each ? [each.Constraint] : []));
}

/** Functions of the server that give a value whenever they are called. */
const giving = new Set(
  `nextval random gen_random_uuid uuid_generate_v4 uuid_generate_v1 uuidv4 uuidv7 clock_timestamp
  timeofday`.split(/\s+/),
);

/** Such a call, or one that is cast. */
function isNeverNull(expression: unknown): boolean {
  if (typeof expression !== "object" || expression === null) return false;
  if ("TypeCast" in expression) return isNeverNull((expression.TypeCast as { arg?: unknown }).arg);
  if (!("FuncCall" in expression) || !isVolatile(expression)) return false;
  return callsIn(expression).every(({ name }) => giving.has(name));
}

/** The text of one of its constraints; of the statement without any for `undefined`. */
function texts(sql: string, constraints: readonly Constraint[]) {
  const bytes = Buffer.from(sql);
  const places = constraints.map(({ location = 0 }) => location).sort((a, b) => a - b);
  return (constraint: Constraint | undefined) => {
    if (constraint === undefined) return bytes.subarray(0, places[0]).toString().trimEnd();
    const from = constraint.location ?? 0;
    const to = places.find((place) => place > from);
    return bytes
      .subarray(from, to)
      .toString()
      .replace(/;?\s*$/, "");
  };
}
