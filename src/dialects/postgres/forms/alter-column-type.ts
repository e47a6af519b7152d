// A change of a column's type writes every row of its table anew while nobody can read or write it.
// Here a second column of the other type, the twin, is filled and kept right beside the first; then
// the two exchange their names, and what was the column stays for as long as it can be asked back.

import type { AlterTableStmt } from "@pgsql/types";
import { inTransaction, nothingToUndo, type PlannedStatement } from "../../../core/plan.ts";
import { tokenAt } from "../../../sql/lexer.ts";
import { commandsOf } from "../alter-table.ts";
import { classify } from "../classify.ts";
import { quote } from "../names.ts";
import { parseStatement } from "../parse.ts";
import { exchange, exchangeBack } from "../twin/exchange.ts";
import { fill, filling, misfitIndex, prepare, requiring, withoutTwin } from "../twin/fill.ts";
import { isNoted } from "../twin/noted.ts";
import { readsOf, refusalOf } from "../twin/refusal.ts";
import { twinOf } from "../twin/twin.ts";
import { typeChange } from "../type-change-undo.ts";
import {
  type FormStep,
  firesOnUpdate,
  type Occasion,
  ownStep,
  type SafeForm,
  type Written,
} from "./form.ts";

export const form: SafeForm = {
  name: "twin",
  kind: "alter-column-type",
  // In place each row is written twice, with a copy of its old value, and twice again on the way back.
  share: 1 / 256,
  blocks({ node }) {
    return "AlterTableStmt" in node ? node.AlterTableStmt.relation : undefined;
  },
  async steps(written, occasion) {
    const { node } = written.parsed;
    if (!("AlterTableStmt" in node)) return undefined;
    const { catalog, table, isSeenAsIs } = occasion;
    const [command, ...others] = commandsOf(node.AlterTableStmt);
    const change = command && (await typeChange(command, catalog, table));
    if (change === undefined) return undefined;
    if (others.length > 0) return "it is one of several commands; write it alone";
    if (await isNoted(catalog, change)) return undefined;
    if (!isSeenAsIs) return "a statement before it in this migration may have changed that table";
    const id = catalog.shelf?.();
    if (id === undefined) return "nothing can be put aside for its way back";
    const definition = definitionOf(node.AlterTableStmt);
    if (definition.collClause) return "it gives the column a collation";
    const refusal = await refusalOf(catalog, change);
    if (refusal !== undefined) return refusal;
    const expression = definition.raw_default;
    const sql = expression ? usingText(written.parsed.sql) : quote(change.column);
    const reads = await readsOf(catalog, change, { expression, sql });
    if (typeof reads === "string") return reads;
    const silent = await firesOnUpdate(occasion);
    const twin = await twinOf(catalog, id, change, { there: { sql, reads }, silent });
    return stepsOf(twin, written, occasion);
  },
};

function definitionOf({ cmds }: AlterTableStmt) {
  const [node] = cmds ?? [];
  const definition = node && "AlterTableCmd" in node ? node.AlterTableCmd.def : undefined;
  return definition && "ColumnDef" in definition ? definition.ColumnDef : {};
}

/** What stands behind USING, a word that is no name unless it is quoted. */
function usingText(sql: string): string {
  for (let token = tokenAt(sql, 0); token !== undefined; token = tokenAt(sql, token.end)) {
    const isWord = token.kind === "word" && /^using$/i.test(sql.slice(token.start, token.end));
    if (isWord) return sql.slice(token.end).trim();
  }
  return sql;
}

type Twin = Awaited<ReturnType<typeof twinOf>>;

async function stepsOf(twin: Twin, written: Written, occasion: Occasion): Promise<FormStep[]> {
  const { catalog, table } = occasion;
  const { changes, line } = written.planned;
  const builder = (sql: string, more: Partial<PlannedStatement>) =>
    ownStep(sql, written, occasion.form, more);
  const lock = (mode: PlannedStatement["locks"][number]["mode"]) => ({
    locks: [{ table: table.shown, mode }],
  });
  const exclusive = lock("ACCESS EXCLUSIVE");
  const indexes: FormStep[] = [];
  for (const sql of [...twin.indexes.flatMap(({ builds }) => builds), misfitIndex(twin)]) {
    const { observe: _, undoFromCatalog: __, ...built } = classify(await parseStatement(sql, line));
    indexes.push(builder(sql, { ...built, changes, undo: nothingToUndo }));
  }
  const [require = "", validate = ""] = requiring(twin);
  const shelf = { shelf: twin.id };
  return [
    builder(joined(prepare(twin)), {
      ...exclusive,
      undo: { kind: "exact", sql: [ours(withoutTwin(twin), twin)] },
    }),
    builder(fill(twin), {
      ...lock("ROW EXCLUSIVE"),
      scans: true,
      repeat: filling(twin),
    }),
    ...indexes,
    ...(twin.required.length === 0
      ? []
      : [
          builder(require, exclusive),
          builder(validate, { ...lock("SHARE UPDATE EXCLUSIVE"), scans: true }),
        ]),
    builder(joined(exchange(twin)), {
      ...exclusive,
      temporary: false,
      undo: { kind: "shelved", sql: await exchangeBack(catalog, twin), kept: shelf },
    }),
  ];
}

const joined = (statements: readonly string[]) => statements.join(";\n");

function ours(sql: string, { change: { table } }: Twin) {
  return { ...inTransaction(sql), merges: [`${table.schema}.${table.name}`] };
}
