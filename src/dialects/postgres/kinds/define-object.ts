// CREATE of what is given as a list of definitions: aggregates, operators, base and shell types,
// collations, text search objects.

import type { DefineStmt, Node, TypeName } from "@pgsql/types";
import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { defineKind, type Lookup, type Unsettled } from "../kind.ts";
import { parts } from "../names.ts";
import { isTemporary, qualified } from "../objects/created.ts";
import { find } from "../objects/found.ts";
import { isNamedType, nameNode, nounOf, targetOf, wordsOf } from "../objects/object-type.ts";
import { identity } from "../objects/recipe.ts";
import { recreationOf } from "../objects/recreate.ts";
import { replacementOf } from "../objects/replace.ts";
import { parametersOf } from "../objects/type-name.ts";
import { optionsOf } from "../options.ts";

export const kind = defineKind<DefineStmt>({
  kind: "define-object",
  node: "DefineStmt",
  matches: (node) => isNamedType(node.kind),
  describe: (node) => ({
    changes: [
      { kind: `create-${nounOf(node.kind)}`, object: target(node, parts(node.defnames)).shown },
    ],
    locks: [],
    undo: exactly(dropSql(node, parts(node.defnames))),
  }),
  async recall(node, catalog) {
    const names = await qualified(catalog, parts(node.defnames));
    if (isTemporary(names)) return nothingToUndo;
    const mayExist = node.replace || node.if_not_exists || node.kind === "OBJECT_TYPE";
    const old = mayExist ? await find(catalog, target(node, names)) : undefined;
    if (!old)
      return node.kind === "OBJECT_OPERATOR"
        ? withShells(catalog, dropSql(node, names))
        : exactly(dropSql(node, names));
    if (node.if_not_exists) return nothingToUndo;
    if (node.replace) return exactly(...(await replacementOf(catalog, old)));
    // A shell type becomes a base type, which holds on to the functions that were made for it.
    const { sql, impossible } = await recreationOf(catalog, [old]);
    if (impossible !== undefined) return { kind: "irreversible", why: impossible };
    return exactly(`${dropSql(node, names)} CASCADE`, ...sql);
  },
});

/** A commutator or negator that is not there yet is made as a shell, which no DROP takes along. */
async function withShells(catalog: Lookup, drop: string): Promise<Unsettled> {
  const before = await shells(catalog);
  return {
    undo: exactly(drop),
    settle: async (after) => {
      const made = (await shells(after)).filter((shell) => !before.includes(shell));
      return exactly(drop, ...made.map((shell) => `DROP OPERATOR ${shell}`));
    },
  };
}

async function shells(catalog: Lookup): Promise<string[]> {
  const rows = await catalog.rows<{ name: string }>(
    `SELECT ${identity("pg_operator", "o.oid")} AS name FROM pg_operator o WHERE o.oprcode::oid = 0`,
  );
  return rows.map(({ name }) => name);
}

function dropSql(node: DefineStmt, names: readonly string[]): string {
  return `DROP ${isNamedType(node.kind) ? wordsOf(node.kind) : ""} ${target(node, names).sql}`;
}

function target(node: DefineStmt, names: readonly string[]) {
  const objname = names.map((sval) => ({ String: { sval } }));
  if (node.kind === "OBJECT_AGGREGATE") {
    const objargs = aggregated(node).map((type) => ({ TypeName: type }));
    return targetOf(node.kind, { ObjectWithArgs: { objname, objargs } });
  }
  if (node.kind === "OBJECT_OPERATOR") {
    const definition = optionsOf(node.definition);
    const objargs = ["leftarg", "rightarg"].map(
      (side) => typeNode(definition.get(side)?.arg) ?? ({} as Node),
    );
    return targetOf(node.kind, { ObjectWithArgs: { objname, objargs } });
  }
  return targetOf(node.kind, nameNode(...names));
}

/** The types of what is aggregated; the old style has them among the definitions, or `ANY`. */
function aggregated({ oldstyle, args, definition }: DefineStmt): TypeName[] {
  if (oldstyle) {
    const type = typeNode(optionsOf(definition).get("basetype")?.arg);
    return type ? [type.TypeName] : [];
  }
  const [list] = args ?? [];
  return parametersOf(list && "List" in list ? list.List.items : []).flatMap(({ argType }) =>
    argType ? [argType] : [],
  );
}

/** Names that are no type's (`ANY`, `NONE`) come as strings. */
function typeNode(node: Node | undefined): { TypeName: TypeName } | undefined {
  return node && "TypeName" in node ? node : undefined;
}
