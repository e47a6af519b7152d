// Owns: adding a unique or primary key: its index is built concurrently, the columns of a primary key
// are checked for NULLs, and then the constraint takes the index, which reads nothing any more.

import type { Constraint } from "@pgsql/types";
import { parts, quote } from "../names.ts";
import { adding, type FormStep, mainPart, type Occasion, part, type Written } from "./form.ts";
import { notNullCheck, type Scaffold } from "./not-null.ts";
import { unnamed } from "./not-valid.ts";

type KeyType = "CONSTR_PRIMARY" | "CONSTR_UNIQUE";

/** The steps; or, as one clause, why it has to run as written. */
export async function keyFromIndex(
  written: Written,
  occasion: Occasion,
  type: KeyType,
): Promise<FormStep[] | string> {
  const { table, form } = occasion;
  const { constraint = {} } = adding(written.parsed, type) ?? {};
  const why = await whyAsWritten(occasion, constraint);
  if (why !== undefined) return why;
  const given = await nameOf(occasion, constraint, type);
  if (given === undefined) return unnamed;
  const name = quote(given);
  const index = await part(
    `CREATE UNIQUE INDEX CONCURRENTLY ${name} ON ${table.sql} ${indexText(constraint)}`,
    written,
    form,
    { undo: [`DROP INDEX IF EXISTS ${quote(table.schema)}.${name}`], temporary: true },
  );
  const key = type === "CONSTR_PRIMARY" ? "PRIMARY KEY" : "UNIQUE";
  const add = await mainPart(
    `ALTER TABLE ${table.sql} ADD CONSTRAINT ${name} ${key} USING INDEX ${name}${timing(constraint)}`,
    written,
    form,
  );
  const scaffolds: Scaffold[] = [];
  for (const column of type === "CONSTR_PRIMARY" ? parts(constraint.keys) : []) {
    const scaffold = await notNullCheck(written, occasion, column);
    if (scaffold) scaffolds.push(scaffold);
  }
  const statements = [{ ...add, scans: false }, ...scaffolds.map(({ drop }) => drop)];
  return [
    ...scaffolds.flatMap(({ steps }) => steps),
    { transactional: false, statements: [index] },
    { transactional: true, statements },
  ];
}

async function whyAsWritten(
  { catalog, table }: Occasion,
  { options, indexspace, without_overlaps }: Constraint,
): Promise<string | undefined> {
  if (table.kind === "p") return "the server builds no index of a partitioned table concurrently";
  if (options || indexspace || without_overlaps) return "its index has options of its own";
  const children = await catalog.rows("SELECT FROM pg_inherits WHERE inhparent = $1::oid", [
    table.oid,
  ]);
  return children.length > 0 ? "other tables inherit from it" : undefined;
}

async function nameOf(
  { table, names }: Occasion,
  { conname, keys, including }: Constraint,
  type: KeyType,
): Promise<string | undefined> {
  if (conname !== undefined) return conname;
  if (type === "CONSTR_PRIMARY") return names.choose(table, [], "pkey", "both");
  const columns = parts([...(keys ?? []), ...(including ?? [])]);
  if (new Set(columns).size < columns.length) return undefined;
  return names.choose(table, columns, "key", "both");
}

function indexText({ keys, including, nulls_not_distinct }: Constraint): string {
  const list = (nodes: Constraint["keys"]) => `(${parts(nodes).map(quote).join(", ")})`;
  return [
    list(keys),
    ...(including ? [`INCLUDE ${list(including)}`] : []),
    ...(nulls_not_distinct ? ["NULLS NOT DISTINCT"] : []),
  ].join(" ");
}

function timing({ deferrable, initdeferred }: Constraint): string {
  return `${deferrable ? " DEFERRABLE" : ""}${initdeferred ? " INITIALLY DEFERRED" : ""}`;
}
