import type { AlterTSDictionaryStmt } from "@pgsql/types";
import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { parts, quote } from "../names.ts";
import { find } from "../objects/found.ts";
import { nameNode, targetOf } from "../objects/object-type.ts";
import { optionsOf } from "../options.ts";

export const kind = defineKind<AlterTSDictionaryStmt>({
  kind: "alter-text-search-dictionary",
  node: "AlterTSDictionaryStmt",
  describe: (node) => ({
    changes: [{ kind: "alter-text-search-dictionary", object: target(node).shown }],
    locks: [],
    undo: nothingToUndo,
  }),
  async recall(node, catalog) {
    const found = await find(catalog, target(node));
    if (!found) return nothingToUndo;
    const [row] = await catalog.rows<{ options: string }>(
      "SELECT coalesce(dictinitoption, '') AS options FROM pg_ts_dict WHERE oid = $1::oid",
      [found.oid],
    );
    const before = listOf(row?.options ?? "");
    // All of them, each as it was: the server keeps them in the order in which they are set.
    const touched = [...optionsOf(node.options).keys()];
    const names = new Set([...touched, ...before.keys()]);
    const clear = [...names].map(quote).join(", ");
    const set = [...before].map(([name, value]) => `${quote(name)} = ${value}`).join(", ");
    const alter = `ALTER TEXT SEARCH DICTIONARY ${found.identity}`;
    return exactly(`${alter} (${[clear, set].filter((each) => each !== "").join(", ")})`);
  },
});

function target({ dictname }: AlterTSDictionaryStmt) {
  return targetOf("OBJECT_TSDICTIONARY", nameNode(...parts(dictname)));
}

/** `a = 'x', "B b" = 2` as the catalog keeps it: names unquoted, values as SQL. */
function listOf(options: string): Map<string, string> {
  const item = /\s*("(?:[^"]|"")*"|[^\s=,]+)\s*=\s*(E?'(?:[^']|'')*'|[^,]*[^,\s])\s*(?:,|$)/g;
  return new Map(
    [...options.matchAll(item)].map(([, name = "", value = ""]) => [
      name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name,
      value,
    ]),
  );
}
