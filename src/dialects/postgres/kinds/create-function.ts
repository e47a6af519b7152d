// Functions and procedures. A replaced one comes back by its recorded definition, which resets all
// that CREATE OR REPLACE can change and leaves owner, privileges and comment as they are.

import type { CreateFunctionStmt } from "@pgsql/types";
import { exactly, nothingToUndo, type Undo } from "../../../core/plan.ts";
import { defineKind, type Lookup } from "../kind.ts";
import { dotted, dottedName, parts } from "../names.ts";
import { isTemporary, qualified } from "../objects/created.ts";
import { type Found, find } from "../objects/found.ts";
import { targetOf } from "../objects/object-type.ts";
import { recreationOf } from "../objects/recreate.ts";
import { replacementOf } from "../objects/replace.ts";
import { inputTypes, parametersOf, typeShown, typeSql } from "../objects/type-name.ts";

export const kind = defineKind<CreateFunctionStmt>({
  kind: "create-function",
  node: "CreateFunctionStmt",
  describe: (node) => ({
    changes: [{ kind: `create-${noun(node)}`, object: shown(node) }],
    locks: [],
    undo: exactly(dropSql(node, parts(node.funcname))),
  }),
  async recall(node, catalog) {
    const names = await qualified(catalog, parts(node.funcname));
    if (isTemporary(names)) return nothingToUndo;
    const old = node.replace ? await find(catalog, target(node, names)) : undefined;
    return old ? replaced(node, catalog, old) : exactly(dropSql(node, names));
  },
});

function noun({ is_procedure }: CreateFunctionStmt): "function" | "procedure" {
  return is_procedure ? "procedure" : "function";
}

function inputs({ parameters }: CreateFunctionStmt) {
  return inputTypes(parametersOf(parameters));
}

function shown(node: CreateFunctionStmt): string {
  return `${dottedName(parts(node.funcname))}(${inputs(node).map(typeShown).join(", ")})`;
}

function dropSql(node: CreateFunctionStmt, names: readonly string[]): string {
  const types = inputs(node).map(typeSql).join(", ");
  return `DROP ${noun(node).toUpperCase()} ${dotted(names)}(${types})`;
}

function target(node: CreateFunctionStmt, names: readonly string[]) {
  return targetOf("OBJECT_ROUTINE", {
    ObjectWithArgs: {
      objname: names.map((sval) => ({ String: { sval } })),
      objargs: inputs(node).map((type) => ({ TypeName: type })),
    },
  });
}

/** The server does not take back by OR REPLACE what it lets OR REPLACE add: names and defaults. */
async function replaced(node: CreateFunctionStmt, catalog: Lookup, old: Found): Promise<Undo> {
  const [was] = await catalog.rows<{ defaults: number; names: string[] | null }>(
    "SELECT pronargdefaults AS defaults, proargnames AS names FROM pg_proc WHERE oid = $1::oid",
    [old.oid],
  );
  const parameters = parametersOf(node.parameters);
  const defaults = parameters.filter(({ defexpr }) => defexpr !== undefined).length;
  const isNamed = parameters.some(({ name }, index) => name && !was?.names?.[index]);
  if (was && (defaults > was.defaults || isNamed)) {
    const { sql, drops, impossible } = await recreationOf(catalog, [old]);
    if (impossible === undefined) return exactly(...drops, ...sql);
  }
  return exactly(...(await replacementOf(catalog, old)));
}
