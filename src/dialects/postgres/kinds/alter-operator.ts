// Estimators can be put back; what PostgreSQL 17 lets ALTER add (COMMUTATOR, NEGATOR, HASHES,
// MERGES) it does not take away, so that then the operator is made anew, with what stands on it.

import type { AlterOperatorStmt } from "@pgsql/types";
import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { find } from "../objects/found.ts";
import { targetOf } from "../objects/object-type.ts";
import { functionName } from "../objects/recipe.ts";
import { recreationOf } from "../objects/recreate.ts";
import { optionsOf } from "../options.ts";

export const kind = defineKind<AlterOperatorStmt>({
  kind: "alter-operator",
  node: "AlterOperatorStmt",
  describe: (node) => ({
    changes: [{ kind: "alter-operator", object: target(node).shown }],
    locks: [],
    undo: nothingToUndo,
  }),
  async recall(node, catalog) {
    const found = await find(catalog, target(node));
    if (!found) return nothingToUndo;
    const named = [...optionsOf(node.options).keys()];
    if (named.some((option) => !["restrict", "join"].includes(option))) {
      const { sql, drops, impossible } = await recreationOf(catalog, [found]);
      if (impossible === undefined) return exactly(...drops, ...sql);
      return { kind: "irreversible", why: `going back drops the operator: ${impossible}` };
    }
    const [row] = await catalog.rows<Record<string, string>>(
      `SELECT coalesce(${functionName("oprrest")}, 'NONE') AS restrict, coalesce(${functionName("oprjoin")}, 'NONE') AS join
       FROM pg_operator WHERE oid = $1::oid`,
      [found.oid],
    );
    const pairs = named.map((option) => `${option.toUpperCase()} = ${row?.[option] ?? "NONE"}`);
    return exactly(`ALTER OPERATOR ${found.identity} SET (${pairs.join(", ")})`);
  },
});

function target({ opername = {} }: AlterOperatorStmt) {
  return targetOf("OBJECT_OPERATOR", { ObjectWithArgs: opername });
}
