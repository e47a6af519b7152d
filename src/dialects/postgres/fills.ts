// Owns: `-- belay:fill table.column = expression`: which statement of a script each belongs to. It may
// stand anywhere in the script, also between the commands of an ALTER TABLE; but a DROP COLUMN has
// to name the column as it does, or somebody would count on values that never come.

import type { AlterTableStmt, Node } from "@pgsql/types";
import { BelayError, messageOf, untouched } from "../../core/errors.ts";
import type { Script } from "../../core/migration.ts";
import type { Fill } from "../../core/plan.ts";
import { placedDirectives } from "../../sql/directives.ts";
import { endOfCode, tokenAt } from "../../sql/lexer.ts";
import { scan } from "../../sql/scan.ts";
import { dottedName, parts, relationName, shown } from "./names.ts";
import { type ParsedStatement, parseStatement } from "./parse.ts";

/** A directive, read. */
interface Written extends Fill {
  /** As the directive names it, unquoted. */
  schema: string | undefined;
  table: string;
  /** `path:line`. */
  at: string;
}

/** Throws BELAY_SQL_DIRECTIVE for one that cannot be read, or whose column no statement drops. */
export async function withFills(
  script: Script,
  statements: ParsedStatement[],
): Promise<ParsedStatement[]> {
  if (!script.sql.includes("belay:fill")) return statements;
  const fills = await fillsIn(script, statements);
  return statements.map((statement) => {
    const own = fills.filter((fill) => isFor(fill, statement));
    return own.length === 0
      ? statement
      : { ...statement, fills: own.map(({ column, expression }) => ({ column, expression })) };
  });
}

/** Those of the columns that it drops itself: parts of a statement share what was read of the whole. */
export function fillsOf({ node, fills = [] }: ParsedStatement): { fills?: Fill[] } {
  const columns = droppedBy(node);
  const own = fills.filter(({ column }) => columns.includes(column));
  return own.length === 0 ? {} : { fills: own };
}

async function fillsIn(script: Script, statements: readonly ParsedStatement[]): Promise<Written[]> {
  const written: Written[] = [];
  const known = droppedIn(statements);
  const example = `${known[0] ?? "users.email"} = 'none'`;
  for (const piece of scan(script)) {
    for (const { directive, start } of placedDirectives(piece.sql, piece.startsLine)) {
      if (directive.name !== "fill") continue;
      const at = `${script.path}:${piece.line + piece.sql.slice(0, start).split("\n").length - 1}`;
      const fill = { ...(await read(directive.value, { at, example })), at };
      if (!statements.some((statement) => isFor(fill, statement))) throw unnamed(fill, known);
      if (written.some((other) => isSame(other, fill))) {
        const message = `belay:fill names ${nameOf(fill)} a second time`;
        throw refusal(message, at, "Leave one of them.");
      }
      written.push(fill);
    }
  }
  return written;
}

async function read(
  value: string,
  { at, example }: { at: string; example: string },
): Promise<Omit<Written, "at">> {
  const equals = equalsSign(value);
  const names = equals === undefined ? [] : await namesIn(value.slice(0, equals));
  const [column, table, schema, ...others] = names.toReversed();
  if (equals === undefined || !column || !table || others.length > 0) {
    const message = "belay:fill is written `table.column = expression`";
    throw refusal(message, at, `Write -- belay:fill ${example}`);
  }
  const text = value.slice(equals + 1);
  const expression = text.slice(0, endOfCode(text)).trim();
  const why = await whyNone(expression);
  if (why !== undefined) {
    const message = `the value of ${dottedName(names)} cannot be read: ${why}`;
    throw refusal(message, at, `Write one SQL expression, as in -- belay:fill ${example}`);
  }
  return { column, table, schema, expression };
}

/** Offset of the first that is no part of a name. */
function equalsSign(value: string): number | undefined {
  for (let token = tokenAt(value, 0); token !== undefined; token = tokenAt(value, token.end)) {
    if (value.slice(token.start, token.end) === "=") return token.start;
  }
  return undefined;
}

/** As the server reads them; none where it is not a dotted name. */
async function namesIn(text: string): Promise<string[]> {
  const target = await targetOf(text).catch(() => undefined);
  if (target === undefined || !("ColumnRef" in target)) return [];
  const names = parts(target.ColumnRef.fields);
  return names.includes("*") ? [] : names;
}

/** Undefined: it is one expression. */
async function whyNone(expression: string): Promise<string | undefined> {
  if (expression === "") return "it is empty";
  try {
    return (await targetOf(`(${expression})`)) ? undefined : "it is more than one expression";
  } catch (thrown) {
    return messageOf(thrown);
  }
}

/** The one thing that `SELECT text` selects, where it does nothing else. */
async function targetOf(text: string): Promise<Node | undefined> {
  const { node } = await parseStatement(`SELECT ${text}`);
  if (!("SelectStmt" in node)) return undefined;
  const { targetList = [], limitOption, op, ...others } = node.SelectStmt;
  const [only] = targetList;
  if (!only || targetList.length > 1 || Object.keys(others).length > 0) return undefined;
  return "ResTarget" in only && only.ResTarget.name === undefined ? only.ResTarget.val : undefined;
}

/** `users.nick` of every DROP COLUMN, as it is written. */
function droppedIn(statements: readonly ParsedStatement[]): string[] {
  return statements.flatMap(({ node }) => {
    const relation = tableOf(node)?.relation;
    return relation
      ? droppedBy(node).map((column) => `${relationName(relation)}.${shown(column)}`)
      : [];
  });
}

function isFor({ schema, table, column }: Written, { node }: ParsedStatement): boolean {
  const relation = tableOf(node)?.relation;
  if (relation?.relname !== table) return false;
  return (
    (schema === undefined || schema === relation.schemaname) && droppedBy(node).includes(column)
  );
}

function isSame(left: Written, right: Written): boolean {
  return left.schema === right.schema && left.table === right.table && left.column === right.column;
}

function tableOf(node: Node): AlterTableStmt | undefined {
  if (!("AlterTableStmt" in node)) return undefined;
  return node.AlterTableStmt.objtype === "OBJECT_TABLE" ? node.AlterTableStmt : undefined;
}

function droppedBy(node: Node): string[] {
  return (tableOf(node)?.cmds ?? []).flatMap((command) =>
    "AlterTableCmd" in command && command.AlterTableCmd.subtype === "AT_DropColumn"
      ? [command.AlterTableCmd.name ?? ""]
      : [],
  );
}

const nameOf = ({ schema, table, column }: Written) =>
  dottedName(schema === undefined ? [table, column] : [schema, table, column]);

function unnamed(fill: Written, known: readonly string[]): BelayError {
  const message = `belay:fill names ${nameOf(fill)}, which no DROP COLUMN of this file drops`;
  const hint =
    known.length === 0
      ? "Write it in the file with the ALTER TABLE ... DROP COLUMN; what a DO block drops is not seen."
      : `Write it as the statement does: ${known.join(", ")}.`;
  return refusal(message, fill.at, hint);
}

function refusal(message: string, at: string, hint: string): BelayError {
  const details = { directive: "fill" };
  return new BelayError("BELAY_SQL_DIRECTIVE", message, { at, state: untouched, hint, details });
}
