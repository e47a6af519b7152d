// ALTER ... SET SCHEMA of everything but tables.

import type { AlterObjectSchemaStmt } from "@pgsql/types";
import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { defineKind, type Lookup } from "../kind.ts";
import { quote, relationName } from "../names.ts";
import { type Found, find, identityAs, sqlOf } from "../objects/found.ts";
import { isNamedType, nounOf, relationNode, targetOf } from "../objects/object-type.ts";

export const kind = defineKind<AlterObjectSchemaStmt>({
  kind: "set-object-schema",
  node: "AlterObjectSchemaStmt",
  matches: ({ objectType }) => isNamedType(objectType) && objectType !== "OBJECT_TABLE",
  describe: (node) => ({
    changes: [{ kind: `set-${nounOf(node.objectType)}-schema`, object: target(node).shown }],
    locks: node.relation ? [{ table: relationName(node.relation), mode: "ACCESS EXCLUSIVE" }] : [],
    undo: nothingToUndo,
  }),
  async recall(node, catalog) {
    const found = await find(catalog, target(node));
    if (!found) return nothingToUndo;
    const schema = found.schema ?? (await extensionSchema(catalog, found));
    if (schema === quote(node.newschema ?? "") || schema === node.newschema) return nothingToUndo;
    const { newschema = "" } = node;
    const identity =
      found.schema === null ? found.identity : identityAs(found, { schema: newschema });
    return exactly(`ALTER ${sqlOf({ ...found, identity })} SET SCHEMA ${schema}`);
  },
});

function target({ objectType, relation, object }: AlterObjectSchemaStmt) {
  return targetOf(objectType, relation ? relationNode(relation) : object);
}

/** An extension is in no schema, but its objects are in one. */
async function extensionSchema(catalog: Lookup, { oid }: Found): Promise<string> {
  const [row] = await catalog.rows<{ schema: string }>(
    `SELECT quote_ident(n.nspname) AS schema FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
     WHERE e.oid = $1::oid`,
    [oid],
  );
  return row?.schema ?? "public";
}
