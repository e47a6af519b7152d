// Owns: NOT NULL as it stands before a statement that sets or drops it, on every server version:
// a flag of the column up to 17, a constraint with a name since 18.

import { alter } from "./alter-table.ts";
import { recreateConstraint } from "./constraint-definition.ts";
import { columnInFamily, isOnly, type MemberColumn } from "./family.ts";
import type { Lookup, TableCommand } from "./kind.ts";
import { quote } from "./names.ts";
import type { Relation } from "./relation.ts";

const flag = "a.attnotnull";

/** What takes back the NOT NULL that a statement is about to put on these columns. */
export async function undoNotNull(
  node: TableCommand,
  catalog: Lookup,
  table: Relation,
  columns: readonly string[],
): Promise<string[]> {
  const sql: string[] = [];
  for (const column of columns) {
    const [own, ...others] = await columnInFamily(catalog, table, column, flag, isOnly(node));
    const name = quote(column);
    if (own?.value === "true") {
      sql.push(...(await backToNotValid(catalog, own)));
      const nullable = others.filter(({ value }) => value !== "true");
      sql.push(
        ...nullable.map(
          (each) => `ALTER TABLE ONLY ${each.table} ALTER COLUMN ${name} DROP NOT NULL`,
        ),
      );
      continue;
    }
    sql.push(alter(node, `ALTER COLUMN ${name} DROP NOT NULL`, table));
    // Up to 17, dropping it from the parent drops it from the children, also where it stood before.
    const held = others.filter(({ value }) => value === "true");
    const [first] = held;
    if (first && (await notNullConstraint(catalog, first))) continue;
    sql.push(
      ...held.map((each) => `ALTER TABLE ONLY ${each.table} ALTER COLUMN ${name} SET NOT NULL`),
    );
  }
  return sql;
}

/** SET NOT NULL validates a constraint that was NOT VALID; only a new one is not valid again. */
async function backToNotValid(catalog: Lookup, column: MemberColumn): Promise<string[]> {
  const constraint = await notNullConstraint(catalog, column);
  if (!constraint || constraint.valid) return [];
  return [
    `ALTER TABLE ${column.table} DROP CONSTRAINT ${quote(constraint.name)}`,
    ...(await recreateConstraint(catalog, constraint.oid)),
  ];
}

interface NotNull extends Record<string, unknown> {
  oid: string;
  name: string;
  valid: boolean;
}

/** Undefined on servers that keep a flag only. */
export async function notNullConstraint(
  catalog: Lookup,
  column: MemberColumn,
): Promise<NotNull | undefined> {
  const [found] = await catalog.rows<NotNull>(
    `SELECT oid::text, conname::text AS name, convalidated AS valid FROM pg_constraint
     WHERE conrelid = $1::oid AND contype = 'n' AND conkey[1] = $2`,
    [column.oid, column.number],
  );
  return found;
}
