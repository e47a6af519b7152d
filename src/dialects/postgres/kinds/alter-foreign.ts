// ALTER of foreign-data wrappers, servers and user mappings: options, version, functions. Foreign
// tables are altered as tables are.

import type { AlterFdwStmt, AlterForeignServerStmt, AlterUserMappingStmt } from "@pgsql/types";
import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { defineKind, type Lookup } from "../kind.ts";
import { literal, quote, shown } from "../names.ts";
import { functionName } from "../objects/recipe.ts";
import { mappingOid, mappingShown, mappingSql } from "../objects/user-mapping.ts";
import { optionsOf } from "../options.ts";

type Statement = AlterFdwStmt & AlterForeignServerStmt & AlterUserMappingStmt;

export const kind = defineKind<Statement>({
  kind: "alter-foreign",
  node: ["AlterFdwStmt", "AlterForeignServerStmt", "AlterUserMappingStmt"],
  describe: (node) => ({
    changes: [subject(node)],
    locks: [],
    undo: nothingToUndo,
  }),
  async recall(node, catalog) {
    const before = await stateOf(node, catalog);
    if (!before) return nothingToUndo;
    const clauses = [...functionsBack(node, before), ...optionsBack(node, before)];
    if (node.has_version) {
      clauses.unshift(`VERSION ${before.version === null ? "NULL" : literal(before.version)}`);
    }
    return clauses.length === 0
      ? nothingToUndo
      : exactly(`ALTER ${head(node)} ${clauses.join(" ")}`);
  },
});

function subject(node: Statement) {
  if (node.fdwname !== undefined) {
    return { kind: "alter-foreign-data-wrapper", object: shown(node.fdwname) };
  }
  if (node.user) return { kind: "alter-user-mapping", object: mappingShown(node) };
  return { kind: "alter-server", object: shown(node.servername ?? "") };
}

function head(node: Statement): string {
  if (node.fdwname !== undefined) return `FOREIGN DATA WRAPPER ${quote(node.fdwname)}`;
  if (node.user) return `USER MAPPING ${mappingSql(node)}`;
  return `SERVER ${quote(node.servername ?? "")}`;
}

interface State extends Record<string, unknown> {
  options: Record<string, string>;
  version: string | null;
  handler: string | null;
  validator: string | null;
}

async function stateOf(node: Statement, catalog: Lookup): Promise<State | undefined> {
  const [from, name] =
    node.fdwname !== undefined
      ? [
          `SELECT fdwoptions AS options, NULL AS version, ${functionName("fdwhandler")} AS handler,
             ${functionName("fdwvalidator")} AS validator FROM pg_foreign_data_wrapper WHERE fdwname::text = $1`,
          node.fdwname,
        ]
      : node.user
        ? [
            "SELECT umoptions AS options, NULL AS version, NULL AS handler, NULL AS validator FROM pg_user_mappings WHERE umid::text = $1",
            await mappingOid(catalog, node),
          ]
        : [
            "SELECT srvoptions AS options, srvversion AS version, NULL AS handler, NULL AS validator FROM pg_foreign_server WHERE srvname::text = $1",
            node.servername,
          ];
  const [row] = await catalog.rows<State>(
    `SELECT (SELECT coalesce(jsonb_object_agg(option_name, option_value), '{}') FROM pg_options_to_table(s.options)) AS options,
       s.version, s.handler, s.validator FROM (${from}) s`,
    [name ?? null],
  );
  return row;
}

function functionsBack({ func_options }: Statement, before: State): string[] {
  return [...optionsOf(func_options).keys()].map((name) => {
    const old = name === "handler" ? before.handler : before.validator;
    return old === null ? `NO ${name.toUpperCase()}` : `${name.toUpperCase()} ${old}`;
  });
}

function optionsBack({ options }: Statement, before: State): string[] {
  const items = [...optionsOf(options)].map(([name, { defaction }]) => {
    const old = before.options[name];
    if (old === undefined) return `DROP ${quote(name)}`;
    return `${defaction === "DEFELEM_DROP" ? "ADD" : "SET"} ${quote(name)} ${literal(old)}`;
  });
  return items.length === 0 ? [] : [`OPTIONS (${items.join(", ")})`];
}
