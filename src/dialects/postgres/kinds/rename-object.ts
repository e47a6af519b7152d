// Everything that RENAME renames but tables, columns, indexes and constraints of tables.

import type { Node, RenameStmt } from "@pgsql/types";
import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { defineKind, type Lookup } from "../kind.ts";
import { quote, relationName, shown } from "../names.ts";
import { type Found, find, identityAs, sqlOf } from "../objects/found.ts";
import { isNamedType, nameNode, nounOf, relationNode, targetOf } from "../objects/object-type.ts";

const others = new Set(["OBJECT_TABLE", "OBJECT_COLUMN", "OBJECT_INDEX", "OBJECT_TABCONSTRAINT"]);

export const kind = defineKind<RenameStmt>({
  kind: "rename-object",
  node: "RenameStmt",
  matches: ({ renameType }) =>
    renameType === "OBJECT_ATTRIBUTE" || (isNamedType(renameType) && !others.has(renameType)),
  describe: (node) => ({
    changes: [
      {
        kind: `rename-${node.renameType === "OBJECT_ATTRIBUTE" ? "attribute" : nounOf(node.renameType)}`,
        object: target(node).shown + (isInner(node) ? `.${shown(node.subname ?? "")}` : ""),
      },
    ],
    locks: node.relation ? [{ table: relationName(node.relation), mode: "ACCESS EXCLUSIVE" }] : [],
    undo: nothingToUndo,
  }),
  async recall(node, catalog) {
    const found = await find(catalog, target(node));
    if (!found) return nothingToUndo;
    const password = node.renameType === "OBJECT_ROLE" ? await md5Of(catalog, found) : [];
    return exactly(back(node, found), ...password);
  },
});

/** Attributes and domain constraints are renamed through what they are of. */
function isInner({ renameType }: RenameStmt): boolean {
  return renameType === "OBJECT_ATTRIBUTE" || renameType === "OBJECT_DOMCONSTRAINT";
}

function target(node: RenameStmt) {
  const { renameType, relation = {}, object, subname } = node;
  switch (renameType) {
    case "OBJECT_ATTRIBUTE":
      return targetOf("OBJECT_TYPE", relationNode(relation));
    case "OBJECT_DOMCONSTRAINT":
      return targetOf("OBJECT_DOMAIN", object);
    default:
      return targetOf(renameType, objectOf(object, relation, subname));
  }
}

function objectOf(
  object: Node | undefined,
  relation: NonNullable<RenameStmt["relation"]>,
  subname: string | undefined,
): Node {
  if (object) return object;
  return relation.relname === undefined ? nameNode(subname) : relationNode(relation, subname);
}

function back(node: RenameStmt, found: Found): string {
  const { renameType, subname = "", newname = "" } = node;
  const names = `${quote(newname)} TO ${quote(subname)}`;
  if (renameType === "OBJECT_DOMCONSTRAINT") {
    return `ALTER DOMAIN ${found.identity} RENAME CONSTRAINT ${names}`;
  }
  if (renameType === "OBJECT_ATTRIBUTE") {
    const cascade = node.behavior === "DROP_CASCADE" ? " CASCADE" : "";
    return `ALTER TYPE ${found.identity} RENAME ATTRIBUTE ${names}${cascade}`;
  }
  const now = { ...found, identity: identityAs(found, { name: newname }) };
  return `ALTER ${sqlOf(now)} RENAME TO ${quote(found.name ?? "")}`;
}

/** An MD5 password holds the role's name, so the server forgets it with the name. */
async function md5Of(catalog: Lookup, { oid, name }: Found): Promise<string[]> {
  const [may] = await catalog.rows<{ read: boolean }>(
    "SELECT has_table_privilege('pg_authid', 'SELECT') AS read",
  );
  if (!may?.read) return [];
  const rows = await catalog.rows<{ sql: string }>(
    `SELECT format('ALTER ROLE %I PASSWORD %L', $2::text, rolpassword) AS sql FROM pg_authid
     WHERE oid = $1::oid AND rolpassword LIKE 'md5%'`,
    [oid, name],
  );
  return rows.map(({ sql }) => sql);
}
