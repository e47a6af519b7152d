// Owns: taking apart an ALTER TABLE that drops a column and does more, so that something else can
// run in place of the drop. The parts are the user's own text, in the order in which the server
// carries them out: what drops, then the columns, then the rest.

import { tokenAt } from "../../sql/lexer.ts";
import { type ParsedStatement, parseStatement } from "./parse.ts";

/** Commands that the server carries out before, or together with, the dropping of columns. */
const early = new Set([
  "AT_DropConstraint",
  "AT_DropNotNull",
  "AT_DropExpression",
  "AT_DropIdentity",
]);

/** `adds`: also one that adds a column and does more. */
export async function splitCommands(statements: readonly ParsedStatement[], adds: boolean) {
  const apart = new Set(adds ? ["AT_DropColumn", "AT_AddColumn"] : ["AT_DropColumn"]);
  const split: ParsedStatement[] = [];
  for (const each of statements) split.push(...(await partsOf(each, apart)));
  return split;
}

async function partsOf(
  statement: ParsedStatement,
  apart: ReadonlySet<string>,
): Promise<ParsedStatement[]> {
  const texts = splitTexts(statement, apart);
  if (texts === undefined) return [statement];
  const parts: ParsedStatement[] = [];
  for (const sql of texts) {
    parts.push({ ...statement, sql, node: (await parseStatement(sql)).node });
  }
  return parts;
}

/** Undefined where there is nothing to take apart. */
function splitTexts(
  { node, sql }: ParsedStatement,
  apart: ReadonlySet<string>,
): string[] | undefined {
  if (!("AlterTableStmt" in node) || node.AlterTableStmt.objtype !== "OBJECT_TABLE") return;
  const types = (node.AlterTableStmt.cmds ?? []).map((command) =>
    "AlterTableCmd" in command ? (command.AlterTableCmd.subtype ?? "") : "",
  );
  if (types.length < 2 || !types.some((type) => apart.has(type))) return;
  const { head, commands } = commandTexts(sql);
  if (commands.length !== types.length) return;
  const chosen = (isChosen: (type: string) => boolean) =>
    commands.filter((_, index) => isChosen(types[index] ?? ""));
  const together = (list: readonly string[]) =>
    list.length === 0 ? [] : [`${head} ${list.join(", ")}`];
  return [
    ...together(chosen((type) => early.has(type))),
    ...["AT_DropColumn", "AT_AddColumn"]
      .filter((type) => apart.has(type))
      .flatMap((type) => chosen((each) => each === type))
      .map((text) => `${head} ${text}`),
    ...together(chosen((type) => !apart.has(type) && !early.has(type))),
  ];
}

/** `ALTER TABLE [IF EXISTS] [ONLY] name [*]`, and what stands between the commas behind it. */
export function commandTexts(sql: string): { head: string; commands: string[] } {
  const commands: string[] = [];
  let from = headEnd(sql);
  const head = sql.slice(0, from).trim();
  let depth = 0;
  for (let token = tokenAt(sql, from); token !== undefined; token = tokenAt(sql, token.end)) {
    const text = sql.slice(token.start, token.end);
    if (text === "(" || text === "[") depth += 1;
    else if (text === ")" || text === "]") depth -= 1;
    else if (text === "," && depth === 0) {
      commands.push(sql.slice(from, token.start).trim());
      from = token.end;
    }
  }
  commands.push(sql.slice(from).trim());
  return { head, commands };
}

/** Behind the table's name. */
function headEnd(sql: string): number {
  const words: string[] = [];
  let end = 0;
  let isName = false;
  for (let token = tokenAt(sql, 0); token !== undefined; token = tokenAt(sql, token.end)) {
    if (token.kind === "space" || token.kind.endsWith("comment")) continue;
    const text = sql.slice(token.start, token.end);
    if (isName && text !== "." && text !== "*" && sql[end - 1] !== ".") return end;
    if (words.length >= 2 && !/^(if|exists|only)$/i.test(text)) isName = true;
    words.push(text);
    end = token.end;
  }
  return end;
}
