// GRANT and REVOKE of rights on objects. What each object's rights were is compared with what they
// are right after, so that ALL, WITH GRANT OPTION and CASCADE need no rules of their own.

import type { GrantStmt, Node } from "@pgsql/types";
import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { defineKind, type Lookup } from "../kind.ts";
import { parts } from "../names.ts";
import { privilegesBack } from "../objects/acl.ts";
import { type Found, findAll, identityColumns } from "../objects/found.ts";
import { grantWords, holdingsOf } from "../objects/holdings.ts";
import { nameNode, nounOf, relationNode, type Target, targetOf } from "../objects/object-type.ts";
import { parametersBack } from "../objects/parameter-acl.ts";

export const kind = defineKind<GrantStmt>({
  kind: "grant",
  node: "GrantStmt",
  describe: (node) => ({
    changes: changesOf(node).map((object) => ({
      kind: node.is_grant ? "grant" : "revoke",
      object,
    })),
    locks: [],
    undo: nothingToUndo,
  }),
  async recall(node, catalog) {
    if (node.objtype === "OBJECT_PARAMETER_ACL") {
      return parametersBack(catalog, parts(node.objects));
    }
    const objects = await objectsOf(node, catalog);
    const before = await holdingsOf(catalog, objects);
    return {
      undo: nothingToUndo,
      settle: async (after) => {
        const now = await holdingsOf(after, objects);
        const sql = objects.flatMap((object) => {
          const isObject = (each: { catalog: string; oid: string }) =>
            each.catalog === object.catalog && each.oid === object.oid;
          const [old, present] = [before.find(isObject), now.find(isObject)];
          if (!old || !present) return [];
          const side = { on: grantWords(object), owner: old.owner, user: present.user };
          return privilegesBack(present.privileges ?? [], old.privileges ?? [], side);
        });
        return exactly(...sql);
      },
    };
  },
});

function changesOf(node: GrantStmt): string[] {
  const noun = nounOf(node.objtype);
  if (node.objtype === "OBJECT_PARAMETER_ACL")
    return parts(node.objects).map((name) => `parameter ${name}`);
  if (node.targtype === "ACL_TARGET_ALL_IN_SCHEMA") {
    return parts(node.objects).map((schema) => `every ${noun} of ${schema}`);
  }
  return targets(node).map(({ shown }) => `${noun} ${shown}`);
}

function targets({ objtype, objects = [] }: GrantStmt): Target[] {
  // GRANT ON FUNCTION takes aggregates too.
  const type = objtype === "OBJECT_FUNCTION" ? "OBJECT_ROUTINE" : objtype;
  return objects.map((object): Target => targetOf(type, nodeOf(object)));
}

function nodeOf(object: Node): Node {
  if ("RangeVar" in object) return relationNode(object.RangeVar);
  return "String" in object ? nameNode(object.String.sval) : object;
}

const everyIn: Partial<Record<string, string>> = {
  OBJECT_TABLE: `SELECT 'pg_class' AS catalog, oid FROM pg_class WHERE relkind IN ('r', 'v', 'm', 'f', 'p') AND relnamespace`,
  OBJECT_SEQUENCE: `SELECT 'pg_class', oid FROM pg_class WHERE relkind = 'S' AND relnamespace`,
  OBJECT_FUNCTION: `SELECT 'pg_proc', oid FROM pg_proc WHERE prokind <> 'p' AND pronamespace`,
  OBJECT_PROCEDURE: `SELECT 'pg_proc', oid FROM pg_proc WHERE prokind = 'p' AND pronamespace`,
  OBJECT_ROUTINE: `SELECT 'pg_proc', oid FROM pg_proc WHERE pronamespace`,
};

async function objectsOf(node: GrantStmt, catalog: Lookup): Promise<Found[]> {
  if (node.targtype !== "ACL_TARGET_ALL_IN_SCHEMA") return findAll(catalog, targets(node));
  const every = everyIn[node.objtype ?? ""];
  if (every === undefined) return [];
  return catalog.rows<Found>(
    `SELECT a.catalog, a.oid::text, 0 AS attribute, ${identityColumns}
     FROM (${every} IN (SELECT oid FROM pg_namespace WHERE nspname = ANY ($1::name[]))) a(catalog, oid),
       LATERAL pg_identify_object(a.catalog::regclass, a.oid, 0) o ORDER BY a.oid`,
    [parts(node.objects)],
  );
}
