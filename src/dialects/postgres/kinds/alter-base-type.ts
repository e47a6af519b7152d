// ALTER TYPE ... SET: the support functions and the storage of a base type.

import type { AlterTypeStmt } from "@pgsql/types";
import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { parts } from "../names.ts";
import { find } from "../objects/found.ts";
import { nameNode, targetOf } from "../objects/object-type.ts";
import { functionName } from "../objects/recipe.ts";
import { optionsOf } from "../options.ts";

/** By option, SQL over pg_type `t` that yields its value. */
const options: Record<string, string> = {
  analyze: functionName("t.typanalyze"),
  receive: functionName("t.typreceive"),
  send: functionName("t.typsend"),
  storage: `CASE t.typstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'm' THEN 'main' ELSE 'extended' END`,
  subscript: functionName("nullif((to_jsonb(t) ->> 'typsubscript'), '-')::regproc"),
  typmod_in: functionName("t.typmodin"),
  typmod_out: functionName("t.typmodout"),
};

export const kind = defineKind<AlterTypeStmt>({
  kind: "alter-base-type",
  node: "AlterTypeStmt",
  describe: (node) => ({
    changes: [{ kind: "alter-base-type", object: target(node).shown }],
    locks: [],
    undo: nothingToUndo,
  }),
  async recall(node, catalog) {
    const found = await find(catalog, target(node));
    if (!found) return nothingToUndo;
    const columns = Object.entries(options).map(([name, sql]) => `${sql} AS ${name}`);
    const [row] = await catalog.rows<Record<string, string | null>>(
      `SELECT ${columns.join(", ")} FROM pg_type t WHERE t.oid = $1::oid`,
      [found.oid],
    );
    const named = [...optionsOf(node.options).keys()];
    if (named.includes("storage") && row?.storage === "plain") {
      const why = `type ${found.identity} cannot go back to plain storage`;
      return { kind: "irreversible", why };
    }
    const pairs = named.map((name) => `${name.toUpperCase()} = ${row?.[name] ?? "NONE"}`);
    return exactly(`ALTER TYPE ${found.identity} SET (${pairs.join(", ")})`);
  },
});

function target({ typeName }: AlterTypeStmt) {
  return targetOf("OBJECT_TYPE", nameNode(...parts(typeName)));
}
