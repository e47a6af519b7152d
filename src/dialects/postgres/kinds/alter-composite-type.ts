// ADD, DROP and ALTER ATTRIBUTE. An attribute that was dropped or changed comes back where it was
// by making the type anew, with all that stands on it, unless columns of tables hold its values.

import type { ColumnDef } from "@pgsql/types";
import { exactly, inTransaction, nothingToUndo, type Undo } from "../../../core/plan.ts";
import { defineKind, type Lookup, type TableCommand } from "../kind.ts";
import { quote, shown } from "../names.ts";
import { type Found, find } from "../objects/found.ts";
import { relationNode, targetOf } from "../objects/object-type.ts";
import { recreationOf } from "../objects/recreate.ts";

export const kind = defineKind<TableCommand>({
  kind: "alter-composite-type",
  node: [
    "AlterTableStmt/AT_AddColumn",
    "AlterTableStmt/AT_DropColumn",
    "AlterTableStmt/AT_AlterColumnType",
  ],
  matches: ({ statement }) => statement.objtype === "OBJECT_TYPE",
  describe: (node) => ({
    changes: [
      {
        kind: "alter-composite-type",
        object: `${target(node).shown}.${shown(attributeName(node))}`,
      },
    ],
    locks: [{ table: target(node).shown, mode: "ACCESS EXCLUSIVE" }],
    undo: nothingToUndo,
  }),
  async recall(node, catalog) {
    const type = await find(catalog, target(node));
    if (!type) return nothingToUndo;
    const old = await attributeOf(catalog, type, attributeName(node));
    const cascade = node.command.behavior === "DROP_CASCADE" ? " CASCADE" : "";
    if (node.command.subtype === "AT_AddColumn") {
      if (old !== undefined) return nothingToUndo;
      return exactly(
        `ALTER TYPE ${type.identity} DROP ATTRIBUTE ${quote(attributeName(node))}${cascade}`,
      );
    }
    return old === undefined ? nothingToUndo : backTo(old, type, node, catalog);
  },
});

async function backTo(
  old: string,
  type: Found,
  node: TableCommand,
  catalog: Lookup,
): Promise<Undo> {
  const { sql, drops, impossible } = await recreationOf(catalog, [type]);
  if (impossible === undefined) return exactly(...drops, ...sql);
  const name = attributeName(node);
  const isDrop = node.command.subtype === "AT_DropColumn";
  const verb = isDrop ? "ADD ATTRIBUTE" : "ALTER ATTRIBUTE";
  const cascade = node.command.behavior === "DROP_CASCADE" ? " CASCADE" : "";
  const back = `ALTER TYPE ${type.identity} ${verb} ${quote(name)} ${isDrop ? "" : "TYPE "}${old}${cascade}`;
  const object = `attribute ${target(node).shown}.${shown(name)}`;
  const why = isDrop
    ? "its values in the columns that use the type are gone, and it comes back as the last one"
    : "the new type does not keep every value of the old one";
  return { kind: "lossy", sql: [inTransaction(back)], losses: [{ object, why, rows: null }] };
}

/** Its type and collation, as ADD ATTRIBUTE takes them. */
async function attributeOf(
  catalog: Lookup,
  type: Found,
  name: string,
): Promise<string | undefined> {
  const [row] = await catalog.rows<{ definition: string }>(
    `SELECT format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attcollation = b.typcollation THEN ''
       ELSE ' COLLATE ' || (pg_identify_object('pg_collation'::regclass, a.attcollation, 0)).identity END AS definition
     FROM pg_type t JOIN pg_attribute a ON a.attrelid = t.typrelid JOIN pg_type b ON b.oid = a.atttypid
     WHERE t.oid = $1::oid AND a.attname = $2::name AND a.attnum > 0 AND NOT a.attisdropped`,
    [type.oid, name],
  );
  return row?.definition;
}

function attributeName({ command }: TableCommand): string {
  const definition: ColumnDef =
    command.def && "ColumnDef" in command.def ? command.def.ColumnDef : {};
  return command.name ?? definition.colname ?? "";
}

function target({ statement }: TableCommand) {
  return targetOf("OBJECT_TYPE", relationNode(statement.relation ?? {}));
}
