// Owns: the types of objects that statements name (COMMENT ON, DROP, ALTER ... OWNER TO, ...): how
// each is named in a parse tree, and where the catalog has it.

import type { Node, ObjectType, ObjectWithArgs, RangeVar, TypeName } from "@pgsql/types";
import type { Lock } from "../../../core/plan.ts";
import { dotted, dottedName, literal, parts, quote, shown } from "../names.ts";
import {
  oidsOf,
  signatureShown,
  signatureSql,
  typeOid,
  typeOids,
  typeShown,
  typeSql,
  typesOf,
} from "./type-name.ts";

/** An object as a statement names it. */
export interface Target {
  /** For people, e.g. `users.email`, `audit on users`, `f(integer)`. */
  shown: string;
  /** The same for SQL that we write, behind the type's words. */
  sql: string;
  /** The system catalog that holds it. */
  catalog: string;
  /** SQL that yields its oid in that catalog; NULL when there is none. */
  oid: string;
  /** SQL that yields its attribute number; for columns only. */
  attribute?: string;
}

type Reader = (object: Node | undefined) => Target;

/** The strings of a dotted name, whichever node holds them. */
function namesOf(object: Node | undefined): string[] {
  if (object === undefined) return [];
  if ("List" in object) return parts(object.List.items);
  if ("String" in object) return [object.String.sval ?? ""];
  if ("TypeName" in object) return parts(object.TypeName.names);
  return [];
}

function itemsOf(object: Node | undefined): Node[] {
  return object !== undefined && "List" in object ? (object.List.items ?? []) : [];
}

function typeOf(object: Node | undefined): TypeName {
  if (object !== undefined && "TypeName" in object) return object.TypeName;
  return { names: namesOf(object).map((sval) => ({ String: { sval } })) };
}

function regclass(names: readonly string[]): string {
  return `to_regclass(${literal(dotted(names))})::oid`;
}

const relation: Reader = (object) => ({
  shown: dottedName(namesOf(object)),
  sql: dotted(namesOf(object)),
  catalog: "pg_class",
  oid: regclass(namesOf(object)),
});

/** Objects whose names need no schema. */
function global(catalog: string, column: string): Reader {
  return (object) => {
    const name = namesOf(object)[0] ?? "";
    return {
      shown: shown(name),
      sql: quote(name),
      catalog,
      oid: `(SELECT oid FROM ${catalog} WHERE ${column} = ${literal(name)})`,
    };
  };
}

/** The one row of `catalog` with that name in that schema, or in the first schema of the path. */
function named(
  catalog: string,
  prefix: string,
  isVisible: string,
  names: readonly string[],
  condition = "",
): string {
  const [name = "", schema] = names.toReversed();
  const where =
    schema === undefined
      ? `${isVisible}(oid)`
      : `${prefix}namespace = to_regnamespace(${literal(dotted([schema]))})`;
  // min() keeps the subquery to one row; more than one is an ambiguity that the server refuses.
  return `(SELECT min(oid) FROM ${catalog} WHERE ${prefix}name = ${literal(
    name,
  )} AND ${where}${condition} HAVING count(*) = 1)`;
}

function inSchema(catalog: string, prefix: string, isVisible: string): Reader {
  return (object) => ({
    shown: dottedName(namesOf(object)),
    sql: dotted(namesOf(object)),
    catalog,
    oid: named(catalog, prefix, isVisible, namesOf(object)),
  });
}

/** Operator classes and families: the access method comes first. */
function ofAccessMethod(catalog: string, prefix: string, isVisible: string): Reader {
  return (object) => {
    const [method = "", ...names] = namesOf(object);
    const condition = ` AND ${prefix}method = (SELECT oid FROM pg_am WHERE amname = ${literal(method)})`;
    return {
      shown: `${dottedName(names)} USING ${shown(method)}`,
      sql: `${dotted(names)} USING ${quote(method)}`,
      catalog,
      oid: named(catalog, prefix, isVisible, names, condition),
    };
  };
}

/** Triggers, rules, policies and constraints: the relation's name comes first. */
function onRelation(catalog: string, name: string, owner: string): Reader {
  return (object) => {
    const names = namesOf(object);
    const own = names.pop() ?? "";
    return {
      shown: `${shown(own)} on ${dottedName(names)}`,
      sql: `${quote(own)} ON ${dotted(names)}`,
      catalog,
      oid: `(SELECT oid FROM ${catalog} WHERE ${owner} = ${regclass(names)} AND ${name} = ${literal(own)})`,
    };
  };
}

const column: Reader = (object) => {
  const names = namesOf(object);
  const own = names.at(-1) ?? "";
  const oid = regclass(names.slice(0, -1));
  return {
    shown: dottedName(names),
    sql: dotted(names),
    catalog: "pg_class",
    oid,
    attribute: `(SELECT attnum::int FROM pg_attribute WHERE attrelid = ${oid} AND attname = ${literal(own)})`,
  };
};

const type: Reader = (object) => ({
  shown: typeShown(typeOf(object)),
  sql: typeSql(typeOf(object)),
  catalog: "pg_type",
  oid: typeOid(typeOf(object)),
});

/** A name that can be overloaded; `prokinds` as in pg_proc. */
function routine(prokinds: string): Reader {
  return (object) => {
    const withArgs: ObjectWithArgs =
      object !== undefined && "ObjectWithArgs" in object ? object.ObjectWithArgs : {};
    const kinds = [...prokinds].map(literal).join(", ");
    return {
      shown: signatureShown(withArgs),
      sql: signatureSql(withArgs),
      catalog: "pg_proc",
      oid: named(
        "pg_proc",
        "pro",
        "pg_function_is_visible",
        parts(withArgs.objname),
        ` AND prokind IN (${kinds})${argumentCondition(withArgs)}`,
      ),
    };
  };
}

/** Procedures may also be named by all their arguments, OUT ones included. */
function argumentCondition(named: ObjectWithArgs): string {
  if (named.args_unspecified) return "";
  const byInput = `${oidsOf("proargtypes")} = ${typeOids(typesOf(named.objargs))}`;
  const all = (named.objfuncargs ?? []).flatMap((node) =>
    "FunctionParameter" in node && node.FunctionParameter.argType
      ? [node.FunctionParameter.argType]
      : [],
  );
  if (all.length === (named.objargs ?? []).length) return ` AND ${byInput}`;
  const byAll = `${oidsOf("coalesce(proallargtypes, proargtypes)")} = ${typeOids(all)}`;
  return ` AND (${byInput} OR (prokind = 'p' AND ${byAll}))`;
}

const operator: Reader = (object) => {
  const { objname, objargs }: ObjectWithArgs =
    object !== undefined && "ObjectWithArgs" in object ? object.ObjectWithArgs : {};
  const names = parts(objname);
  const sides = (objargs ?? []).map((node) => ("TypeName" in node ? node.TypeName : undefined));
  const [left, right] = sides.map((side) => (side ? `coalesce(${typeOid(side)}, 1)` : "0"));
  return {
    shown: `${[...names.slice(0, -1).map(shown), names.at(-1)].join(".")}(${sides
      .map((side) => (side ? typeShown(side) : "NONE"))
      .join(", ")})`,
    sql: `${[...names.slice(0, -1).map(quote), names.at(-1)].join(".")}(${sides
      .map((side) => (side ? typeSql(side) : "NONE"))
      .join(", ")})`,
    catalog: "pg_operator",
    oid: named(
      "pg_operator",
      "opr",
      "pg_operator_is_visible",
      names,
      ` AND oprleft = ${left ?? "0"} AND oprright = ${right ?? "0"}`,
    ),
  };
};

const cast: Reader = (object) => {
  const [source = {}, target = {}] = typesOf(itemsOf(object));
  return {
    shown: `(${typeShown(source)} AS ${typeShown(target)})`,
    sql: `(${typeSql(source)} AS ${typeSql(target)})`,
    catalog: "pg_cast",
    oid: `(SELECT oid FROM pg_cast WHERE castsource = ${typeOid(source)} AND casttarget = ${typeOid(target)})`,
  };
};

const transform: Reader = (object) => {
  const [from = {}] = typesOf(itemsOf(object));
  const language = parts(itemsOf(object).slice(1))[0] ?? "";
  return {
    shown: `for ${typeShown(from)} language ${shown(language)}`,
    sql: `FOR ${typeSql(from)} LANGUAGE ${quote(language)}`,
    catalog: "pg_transform",
    oid: `(SELECT t.oid FROM pg_transform t JOIN pg_language l ON l.oid = trflang WHERE trftype = ${typeOid(
      from,
    )} AND lanname = ${literal(language)})`,
  };
};

/** `[type, name]` in COMMENT ON, the names of the domain and then the constraint in RENAME. */
const domainConstraint: Reader = (object) => {
  const items = itemsOf(object);
  const [first] = items;
  const domain =
    first !== undefined && "TypeName" in first
      ? first.TypeName
      : typeOf({ List: { items: items.slice(0, -1) } });
  const own = parts(items.slice(-1))[0] ?? "";
  return {
    shown: `${shown(own)} on ${typeShown(domain)}`,
    sql: `${quote(own)} ON DOMAIN ${typeSql(domain)}`,
    catalog: "pg_constraint",
    oid: `(SELECT oid FROM pg_constraint WHERE contypid = ${typeOid(domain)} AND conname = ${literal(own)})`,
  };
};

const largeObject: Reader = (object) => {
  const oid =
    object === undefined
      ? "0"
      : "Integer" in object
        ? String(object.Integer.ival ?? 0)
        : "Float" in object
          ? (object.Float.fval ?? "0")
          : "0";
  return {
    shown: oid,
    sql: oid,
    catalog: "pg_largeobject",
    oid: `(SELECT oid FROM pg_largeobject_metadata WHERE oid = ${literal(oid)})`,
  };
};

const textSearch = (what: string, prefix: string): Reader =>
  inSchema(`pg_ts_${what}`, prefix, `pg_ts_${what}_is_visible`);

/** What the server can name in a statement; the nouns are the words of `drop-<noun>` and the like. */
export const objectTypes = {
  OBJECT_ACCESS_METHOD: { noun: "access-method", read: global("pg_am", "amname") },
  OBJECT_AGGREGATE: { noun: "aggregate", read: routine("a") },
  OBJECT_CAST: { noun: "cast", read: cast },
  OBJECT_COLLATION: {
    noun: "collation",
    read: (object) => ({
      ...{ shown: dottedName(namesOf(object)), sql: dotted(namesOf(object)) },
      catalog: "pg_collation",
      oid: `to_regcollation(${literal(dotted(namesOf(object)))})::oid`,
    }),
  },
  OBJECT_COLUMN: { noun: "column", read: column },
  OBJECT_CONVERSION: {
    noun: "conversion",
    read: inSchema("pg_conversion", "con", "pg_conversion_is_visible"),
  },
  OBJECT_DATABASE: { noun: "database", read: global("pg_database", "datname") },
  OBJECT_DOMAIN: { noun: "domain", read: type },
  OBJECT_DOMCONSTRAINT: { noun: "domain-constraint", read: domainConstraint },
  OBJECT_EVENT_TRIGGER: { noun: "event-trigger", read: global("pg_event_trigger", "evtname") },
  OBJECT_EXTENSION: { noun: "extension", read: global("pg_extension", "extname") },
  OBJECT_FDW: { noun: "foreign-data-wrapper", read: global("pg_foreign_data_wrapper", "fdwname") },
  OBJECT_FOREIGN_SERVER: { noun: "server", read: global("pg_foreign_server", "srvname") },
  OBJECT_FOREIGN_TABLE: { noun: "foreign-table", read: relation },
  OBJECT_FUNCTION: { noun: "function", read: routine("fw") },
  OBJECT_INDEX: { noun: "index", read: relation },
  OBJECT_LANGUAGE: { noun: "language", read: global("pg_language", "lanname") },
  OBJECT_LARGEOBJECT: { noun: "large-object", read: largeObject },
  OBJECT_MATVIEW: { noun: "materialized-view", read: relation },
  OBJECT_OPCLASS: {
    noun: "operator-class",
    read: ofAccessMethod("pg_opclass", "opc", "pg_opclass_is_visible"),
  },
  OBJECT_OPERATOR: { noun: "operator", read: operator },
  OBJECT_OPFAMILY: {
    noun: "operator-family",
    read: ofAccessMethod("pg_opfamily", "opf", "pg_opfamily_is_visible"),
  },
  OBJECT_POLICY: { noun: "policy", read: onRelation("pg_policy", "polname", "polrelid") },
  OBJECT_PROCEDURE: { noun: "procedure", read: routine("p") },
  OBJECT_PUBLICATION: { noun: "publication", read: global("pg_publication", "pubname") },
  OBJECT_ROLE: {
    noun: "role",
    // pg_authid is for superusers only.
    read: (object) => ({
      ...{ shown: shown(namesOf(object)[0] ?? ""), sql: dotted(namesOf(object)) },
      catalog: "pg_authid",
      oid: `to_regrole(${literal(dotted(namesOf(object)))})::oid`,
    }),
  },
  OBJECT_ROUTINE: { noun: "routine", read: routine("fwpa") },
  OBJECT_RULE: { noun: "rule", read: onRelation("pg_rewrite", "rulename", "ev_class") },
  OBJECT_SCHEMA: { noun: "schema", read: global("pg_namespace", "nspname") },
  OBJECT_SEQUENCE: { noun: "sequence", read: relation },
  OBJECT_STATISTIC_EXT: {
    noun: "statistics",
    read: inSchema("pg_statistic_ext", "stx", "pg_statistics_obj_is_visible"),
  },
  OBJECT_SUBSCRIPTION: { noun: "subscription", read: global("pg_subscription", "subname") },
  OBJECT_TABCONSTRAINT: {
    noun: "constraint",
    read: onRelation("pg_constraint", "conname", "conrelid"),
  },
  OBJECT_TABLE: { noun: "table", read: relation },
  OBJECT_TABLESPACE: { noun: "tablespace", read: global("pg_tablespace", "spcname") },
  OBJECT_TRANSFORM: { noun: "transform", read: transform },
  OBJECT_TRIGGER: { noun: "trigger", read: onRelation("pg_trigger", "tgname", "tgrelid") },
  OBJECT_TSCONFIGURATION: {
    noun: "text-search-configuration",
    read: textSearch("config", "cfg"),
  },
  OBJECT_TSDICTIONARY: { noun: "text-search-dictionary", read: textSearch("dict", "dict") },
  OBJECT_TSPARSER: { noun: "text-search-parser", read: textSearch("parser", "prs") },
  OBJECT_TSTEMPLATE: { noun: "text-search-template", read: textSearch("template", "tmpl") },
  OBJECT_TYPE: { noun: "type", read: type },
  OBJECT_VIEW: { noun: "view", read: relation },
} as const satisfies Partial<Record<ObjectType, { noun: string; read: Reader }>>;

export type NamedType = keyof typeof objectTypes;

export function isNamedType(type: ObjectType | undefined): type is NamedType {
  return type !== undefined && type in objectTypes;
}

/** `drop-view` is `drop-` and this. */
export function nounOf(type: ObjectType | undefined): string {
  return isNamedType(type) ? objectTypes[type].noun : "object";
}

/** What stands before the name in ALTER, COMMENT ON and DROP. */
export function wordsOf(type: NamedType): string {
  // ROUTINE takes the argument types alone, where AGGREGATE wants `*` and ORDER BY.
  if (type === "OBJECT_AGGREGATE") return "ROUTINE";
  if (type === "OBJECT_DOMCONSTRAINT") return "CONSTRAINT";
  return objectTypes[type].noun.replaceAll("-", " ").toUpperCase();
}

export function targetOf(type: ObjectType | undefined, object: Node | undefined): Target {
  if (isNamedType(type)) return objectTypes[type].read(object);
  throw new Error(`internal: no object type ${type}`);
}

/** A dotted name as the node that {@link targetOf} reads. */
export function nameNode(...names: readonly (string | undefined)[]): Node {
  const given = names.filter((name): name is string => name !== undefined);
  return { List: { items: given.map((sval) => ({ String: { sval } })) } };
}

/** `relation`, or `name` on `relation`, as the node that {@link targetOf} reads. */
export function relationNode({ schemaname, relname }: RangeVar, name?: string): Node {
  return nameNode(schemaname, relname, name);
}

/** COMMENT ON and SECURITY LABEL keep others from changing the relation. */
export function commentLock(type: ObjectType | undefined, object: Node | undefined): Lock[] {
  if (!isNamedType(type)) return [];
  const names = namesOf(object);
  const isColumn = type === "OBJECT_COLUMN";
  const isRelation = objectTypes[type].read(object).catalog === "pg_class";
  const isOnRelation = ["OBJECT_TRIGGER", "OBJECT_RULE", "OBJECT_POLICY", "OBJECT_TABCONSTRAINT"];
  if (!isRelation && !isOnRelation.includes(type)) return [];
  const table = dottedName(isRelation && !isColumn ? names : names.slice(0, -1));
  return [{ table, mode: isRelation ? "SHARE UPDATE EXCLUSIVE" : "ACCESS SHARE" }];
}
