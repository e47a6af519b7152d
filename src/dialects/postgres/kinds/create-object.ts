// Objects of which CREATE says all, and DROP takes all back. One table tells how each is named.

import type {
  CreateAmStmt,
  CreateCastStmt,
  CreateConversionStmt,
  CreateEventTrigStmt,
  CreateFdwStmt,
  CreateForeignServerStmt,
  CreateForeignTableStmt,
  CreateOpFamilyStmt,
  CreatePLangStmt,
  CreatePolicyStmt,
  CreateTransformStmt,
  Node,
  RuleStmt,
  TypeName,
} from "@pgsql/types";
import { exactly, type Lock, nothingToUndo } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { parts, relationName } from "../names.ts";
import { isTemporary, qualified } from "../objects/created.ts";
import { find } from "../objects/found.ts";
import {
  type NamedType,
  nameNode,
  nounOf,
  relationNode,
  targetOf,
  wordsOf,
} from "../objects/object-type.ts";
import { replacementOf } from "../objects/replace.ts";
import { findRelation } from "../relation.ts";

type Creation = Partial<
  Omit<CreateEventTrigStmt, "funcname"> &
    CreateFdwStmt &
    CreateForeignServerStmt &
    CreateAmStmt &
    CreatePLangStmt &
    CreateConversionStmt &
    CreateOpFamilyStmt &
    CreateForeignTableStmt &
    CreateCastStmt &
    CreateTransformStmt &
    RuleStmt &
    CreatePolicyStmt
>;

interface Form {
  type: NamedType;
  /** The name, when it is one that takes a schema. */
  names?: string[];
  /** As it is found in the catalog; `names` as given or with their schema. */
  object(names: string[]): Node;
  ifNotExists?: boolean | undefined;
}

export const kind = defineKind<Creation>({
  kind: "create-object",
  node: [
    ...["CreateEventTrigStmt", "CreateFdwStmt", "CreateForeignServerStmt", "CreateAmStmt"],
    ...["CreatePLangStmt", "CreateConversionStmt", "CreateOpFamilyStmt", "CreateForeignTableStmt"],
    ...["CreateCastStmt", "CreateTransformStmt", "RuleStmt", "CreatePolicyStmt"],
  ],
  describe(node) {
    const form = formOf(node);
    const target = targetOf(form.type, form.object(form.names ?? []));
    return {
      changes: [{ kind: `create-${nounOf(form.type)}`, object: target.shown }],
      locks: locksOf(node),
      undo: exactly(`DROP ${wordsOf(form.type)} ${target.sql}`),
    };
  },
  async recall(node, catalog) {
    const form = formOf(node);
    const names = form.names && (await qualified(catalog, form.names));
    const on = node.relation ?? node.table;
    const relation = await findRelation(catalog, on);
    if ((on && !relation) || isTemporary(names ?? [])) return nothingToUndo;
    const target = relation
      ? targetOf(
          form.type,
          nameNode(relation.schema, relation.name, node.rulename ?? node.policy_name),
        )
      : targetOf(form.type, form.object(names ?? []));
    const old = form.ifNotExists || node.replace ? await find(catalog, target) : undefined;
    if (old) return node.replace ? exactly(...(await replacementOf(catalog, old))) : nothingToUndo;
    return exactly(`DROP ${wordsOf(form.type)} ${target.sql}`);
  },
});

function formOf(node: Creation): Form {
  return ownName(node) ?? schemaName(node) ?? pairName(node);
}

/** Named by a word of their own, or by one on a relation. */
function ownName(node: Creation): Form | undefined {
  const { eventname, plname, amtype, servername, fdwname, base, relation, table } = node;
  const global = (type: NamedType, name: string | undefined, ifNotExists?: boolean): Form => ({
    ...{ type, ifNotExists },
    object: () => nameNode(name),
  });
  if (base) return undefined;
  if (eventname !== undefined) return global("OBJECT_EVENT_TRIGGER", node.trigname);
  if (plname !== undefined) return global("OBJECT_LANGUAGE", plname);
  if (amtype !== undefined) return global("OBJECT_ACCESS_METHOD", node.amname);
  if (servername !== undefined) {
    return global("OBJECT_FOREIGN_SERVER", servername, node.if_not_exists);
  }
  if (fdwname !== undefined) return global("OBJECT_FDW", fdwname);
  if (relation) {
    return { type: "OBJECT_RULE", object: () => relationNode(relation, node.rulename) };
  }
  if (table) return { type: "OBJECT_POLICY", object: () => relationNode(table, node.policy_name) };
  return undefined;
}

function schemaName({ base, conversion_name, opfamilyname, amname }: Creation): Form | undefined {
  if (base) {
    const { schemaname, relname } = base.relation ?? {};
    return {
      type: "OBJECT_FOREIGN_TABLE",
      names: [schemaname, relname].filter((name) => name !== undefined),
      object: (names) => nameNode(...names),
      ifNotExists: base.if_not_exists,
    };
  }
  if (conversion_name) {
    const names = parts(conversion_name);
    return { type: "OBJECT_CONVERSION", names, object: (full) => nameNode(...full) };
  }
  if (opfamilyname) {
    const names = parts(opfamilyname);
    return { type: "OBJECT_OPFAMILY", names, object: (full) => nameNode(amname, ...full) };
  }
  return undefined;
}

/** Named by what they stand between. */
function pairName({ sourcetype, targettype, type_name, lang }: Creation): Form {
  const typeNode = (type: TypeName = {}): Node => ({ TypeName: type });
  const list = (...items: Node[]): Node => ({ List: { items } });
  if (lang !== undefined) {
    return {
      type: "OBJECT_TRANSFORM",
      object: () => list(typeNode(type_name), { String: { sval: lang } }),
    };
  }
  return { type: "OBJECT_CAST", object: () => list(typeNode(sourcetype), typeNode(targettype)) };
}

function locksOf({ relation, table }: Creation): Lock[] {
  const on = relation ?? table;
  return on ? [{ table: relationName(on), mode: "ACCESS EXCLUSIVE" }] : [];
}
