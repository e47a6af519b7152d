// SELECT setval(...) alone: the sequence goes back where it was, unless it was used since, because
// then going back would hand out numbers twice.

import type { Node, SelectStmt } from "@pgsql/types";
import { nothingToUndo, type Undo } from "../../../core/plan.ts";
import { callsIn, type FunctionCall, isHarmless } from "../functions.ts";
import { defineKind } from "../kind.ts";
import { literal } from "../names.ts";
import { constantText, sequenceNamed, sequencePlace } from "../sequence-call.ts";

export const kind = defineKind<SelectStmt>({
  kind: "set-sequence",
  node: "SelectStmt",
  matches: (node) => setvalsOf(node).length > 0,
  describe: (node) => ({
    changes: setvalsOf(node).map(({ args }) => ({
      kind: "set-sequence",
      object: constantText(args[0] as Node) ?? "sequence",
    })),
    locks: [],
    undo: nothingToUndo,
  }),
  async recall(node, catalog) {
    const before: { name: string; place: string }[] = [];
    for (const { args } of setvalsOf(node)) {
      const name = await sequenceNamed(args[0] as Node, catalog);
      if (name) before.push({ name, place: await sequencePlace(catalog, name) });
    }
    return {
      undo: nothingToUndo,
      async settle(after): Promise<Undo> {
        const sql: string[] = [];
        for (const { name, place } of before) {
          const now = await sequencePlace(after, name);
          if (now !== place) sql.push(goBack(name, place, now));
        }
        return { kind: "exact", sql: sql.map((each) => ({ sql: each, transactional: true })) };
      },
    };
  },
});

/** `place` is `last_value, is_called`. */
function goBack(name: string, place: string, now: string): string {
  return `SELECT pg_catalog.setval(${literal(name)}, ${place}) FROM ${name} WHERE (last_value, is_called) = (${now})`;
}

/** Only where nothing else is called, and every sequence can be told from the text. */
function setvalsOf(node: SelectStmt): FunctionCall[] {
  const calls = callsIn(node);
  const sets = calls.filter(({ name }) => name === "setval");
  const others = calls.filter(({ name }) => name !== "setval");
  const known = sets.every(({ args }) => constantText(args[0] as Node) !== undefined);
  return known && others.every(isHarmless) && !node.intoClause ? sets : [];
}
