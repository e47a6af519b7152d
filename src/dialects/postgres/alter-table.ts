// Owns: taking an ALTER TABLE apart into its commands, in the order in which the server runs them.

import type { AlterTableStmt, AlterTableType, Constraint } from "@pgsql/types";
import { type Lock, type LockMode, nothingToUndo, type Undo } from "../../core/plan.ts";
import type { Lookup, TableCommand, Unsettled } from "./kind.ts";
import { relationName, relationSql, shown } from "./names.ts";
import { findRelation, type Relation } from "./relation.ts";

/**
 * The server runs the commands in passes, not as written (`AlterTablePass` in tablecmds.c): first
 * what drops, then type changes, new columns, constraints, indexes, and last everything else.
 */
const passes: Partial<Record<AlterTableType, number>> = {
  AT_DropColumn: 0,
  AT_DropConstraint: 0,
  AT_DropNotNull: 0,
  AT_DropExpression: 0,
  AT_DropIdentity: 0,
  AT_AlterColumnType: 1,
  AT_AddColumn: 2,
  AT_SetExpression: 3,
  AT_SetNotNull: 5,
  AT_SetIdentity: 8,
  AT_AddIdentity: 8,
};

const otherConstraintPass = 8;
const miscellaneousPass = 9;

function passOf({ command }: TableCommand): number {
  const type = command.subtype;
  if (type === "AT_ColumnDefault") return command.def === undefined ? 0 : otherConstraintPass;
  if (type === "AT_AddConstraint") {
    switch (constraintOf(command)?.contype) {
      case "CONSTR_PRIMARY":
      case "CONSTR_UNIQUE":
      case "CONSTR_EXCLUSION":
        return constraintOf(command)?.indexname === undefined ? 7 : 6;
      case "CONSTR_FOREIGN":
        return otherConstraintPass;
      default:
        return 4;
    }
  }
  return (type && passes[type]) ?? miscellaneousPass;
}

/** The constraint that an ADD CONSTRAINT command adds. */
export function constraintOf(command: TableCommand["command"]): Constraint | undefined {
  return command.def && "Constraint" in command.def ? command.def.Constraint : undefined;
}

/** In the order in which they take effect, so that undoing them backwards is right. */
export function commandsOf(statement: AlterTableStmt): TableCommand[] {
  return (statement.cmds ?? [])
    .flatMap((node) =>
      "AlterTableCmd" in node ? [{ statement, command: node.AlterTableCmd }] : [],
    )
    .map((each) => ({ each, pass: passOf(each) }))
    .sort((left, right) => left.pass - right.pass)
    .map(({ each }) => each);
}

/** The table as the statement wrote it, for people. */
export function tableName({ statement }: TableCommand): string {
  return statement.relation ? relationName(statement.relation) : "";
}

/** `table.column` for people. */
export function columnName(node: TableCommand, column = node.command.name ?? ""): string {
  return `${tableName(node)}.${shown(column)}`;
}

/** The lock of a command on its own table. */
export function tableLock(node: TableCommand, mode: LockMode = "ACCESS EXCLUSIVE"): Lock[] {
  return [{ table: tableName(node), mode }];
}

/**
 * `ALTER TABLE [ONLY] t <clause>` on the statement's table; ALTER TABLE takes views, indexes and
 * sequences too. Without a relation the name is written as the statement has it.
 */
export function alter({ statement }: TableCommand, clause: string, relation?: Relation): string {
  const only = statement.relation?.inh ? "" : "ONLY ";
  const name = relation?.sql ?? (statement.relation ? relationSql(statement.relation) : "");
  return `ALTER TABLE ${only}${name} ${clause}`;
}

/** Recalls with the table that is there; a table that is not leaves nothing to undo. */
export async function onTable(
  node: TableCommand,
  catalog: Lookup,
  recall: (table: Relation) => Promise<Undo | Unsettled> | Undo | Unsettled,
): Promise<Undo | Unsettled> {
  const table = await findRelation(catalog, node.statement.relation);
  return table ? recall(table) : nothingToUndo;
}
