// With its elements, which stand in the same statement and are dropped before it.

import type { CreateSchemaStmt, Node, RangeVar } from "@pgsql/types";
import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { defineKind, type Lookup } from "../kind.ts";
import { dotted, quote, shown } from "../names.ts";
import { exists } from "../objects/created.ts";
import { nameNode } from "../objects/object-type.ts";
import { roleShown } from "../objects/role.ts";

export const kind = defineKind<CreateSchemaStmt>({
  kind: "create-schema",
  node: "CreateSchemaStmt",
  describe: (node) => ({
    changes: [{ kind: "create-schema", object: shown(nameOf(node)) }],
    locks: [],
    undo: exactly(...drops(node, nameOf(node))),
  }),
  async recall(node, catalog) {
    const name = await ownName(node, catalog);
    if (node.if_not_exists && (await exists(catalog, "OBJECT_SCHEMA", nameNode(name)))) {
      return nothingToUndo;
    }
    return exactly(...drops(node, name));
  },
});

/** Without a name of its own it has that of the role. */
function nameOf({ schemaname, authrole }: CreateSchemaStmt): string {
  return schemaname ?? roleShown(authrole);
}

async function ownName(node: CreateSchemaStmt, catalog: Lookup): Promise<string> {
  const { schemaname, authrole } = node;
  if (schemaname !== undefined || authrole?.rolename !== undefined) return nameOf(node);
  const [row] = await catalog.rows<Record<string, string>>(
    "SELECT current_user::text AS current_user, session_user::text AS session_user",
  );
  return row?.[nameOf(node)] ?? nameOf(node);
}

function drops({ schemaElts = [] }: CreateSchemaStmt, schema: string): string[] {
  const elements = schemaElts.toReversed().flatMap((element) => dropOf(element, schema));
  return [...elements, `DROP SCHEMA ${quote(schema)}`];
}

/** Indexes, triggers and rights go with what they are on. */
function dropOf(element: Node, schema: string): string[] {
  const drop = (words: string, relation: RangeVar | undefined): string[] => [
    `DROP ${words} ${dotted([schema, relation?.relname ?? ""])}`,
  ];
  if ("CreateStmt" in element) return drop("TABLE", element.CreateStmt.relation);
  if ("ViewStmt" in element) return drop("VIEW", element.ViewStmt.view);
  if ("CreateSeqStmt" in element) return drop("SEQUENCE", element.CreateSeqStmt.sequence);
  return [];
}
