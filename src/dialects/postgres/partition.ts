// Owns: attaching and detaching partitions. The server makes a new partition like its parent
// (indexes, keys, NOT NULL) and leaves all of it when the partition is detached again.

import type { PartitionCmd, RangeVar } from "@pgsql/types";
import { exactly, type Undo } from "../../core/plan.ts";
import { type ConstraintType, constraintsOf } from "./added-constraint.ts";
import { indexesOf } from "./created-index.ts";
import type { Lookup, TableCommand } from "./kind.ts";
import { quote } from "./names.ts";
import type { Relation } from "./relation.ts";

export function partitionCommand({ command }: TableCommand): PartitionCmd {
  return command.def && "PartitionCmd" in command.def ? command.def.PartitionCmd : {};
}

export function partitionOf(node: TableCommand): RangeVar {
  return partitionCommand(node).name ?? {};
}

/** What belongs to a table by itself. */
export interface OwnParts {
  indexes: string[];
  constraints: { oid: string; name: string; type: string }[];
  notNull: string[];
}

export async function ownParts(catalog: Lookup, table: Relation): Promise<OwnParts> {
  const notNull = await catalog.rows<{ name: string }>(
    `SELECT attname::text AS name FROM pg_attribute
     WHERE attrelid = $1::oid AND attnotnull AND attnum > 0 AND NOT attisdropped`,
    [table.oid],
  );
  return {
    indexes: await indexesOf(catalog, table),
    constraints: await constraintsOf(catalog, table),
    notNull: notNull.map(({ name }) => name),
  };
}

const keys: readonly string[] = ["p", "u", "x"] satisfies ConstraintType[];

/** Removes what a table has got since `before`. */
export async function dropAdded(catalog: Lookup, table: Relation, before: OwnParts): Promise<Undo> {
  const now = await ownParts(catalog, table);
  const known = new Set(before.constraints.map(({ oid }) => oid));
  const constraints = now.constraints.filter(({ oid, type }) => !known.has(oid) && type !== "n");
  const named = new Set(constraints.filter(({ type }) => keys.includes(type)).map((k) => k.name));
  const indexes = now.indexes.filter((name) => !before.indexes.includes(name) && !named.has(name));
  const notNull = now.notNull.filter((name) => !before.notNull.includes(name));
  return exactly(
    ...constraints.map(({ name }) => `ALTER TABLE ${table.sql} DROP CONSTRAINT ${quote(name)}`),
    ...indexes.map((name) => `DROP INDEX ${quote(table.schema)}.${quote(name)}`),
    ...notNull.map((name) => `ALTER TABLE ${table.sql} ALTER COLUMN ${quote(name)} DROP NOT NULL`),
  );
}

/** `FOR VALUES ...` or `DEFAULT`, for ATTACH PARTITION. */
export async function boundOf(catalog: Lookup, partition: Relation): Promise<string | undefined> {
  const [found] = await catalog.rows<{ bound: string | null }>(
    "SELECT pg_get_expr(relpartbound, oid) AS bound FROM pg_class WHERE oid = $1::oid",
    [partition.oid],
  );
  return found?.bound ?? undefined;
}
