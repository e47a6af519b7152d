// Owns: type names and argument lists of statements, as SQL, as text for people, and as SQL that
// yields the type's oid. Modifiers (`numeric(10,2)`) are left out: they are no part of an identity.

import type { FunctionParameter, Node, ObjectWithArgs, TypeName } from "@pgsql/types";
import { dotted, dottedName, literal, parts } from "../names.ts";

/** What the parser made of SQL's own words for types, turned back. */
const standardNames: Record<string, string> = {
  bool: "boolean",
  bpchar: "character",
  float4: "real",
  float8: "double precision",
  int2: "smallint",
  int4: "integer",
  int8: "bigint",
  timestamptz: "timestamp with time zone",
  timetz: "time with time zone",
  varbit: "bit varying",
  varchar: "character varying",
};

/** For SQL that we write. */
export function typeSql(type: TypeName): string {
  if (type.pct_type) return `${dotted(parts(type.names))}%TYPE`;
  return dotted(parts(type.names)) + "[]".repeat(type.arrayBounds?.length ?? 0);
}

/** For people. */
export function typeShown(type: TypeName): string {
  const names = parts(type.names);
  const [schema, name = ""] = names;
  const base = schema === "pg_catalog" ? (standardNames[name] ?? name) : dottedName(names);
  return base + (type.pct_type ? "%TYPE" : "[]".repeat(type.arrayBounds?.length ?? 0));
}

/**
 * SQL that yields the oid of the type, NULL when there is no such type. Not to_regtype: it raises
 * for types that are only shells.
 */
export function typeOid(type: TypeName): string {
  const names = parts(type.names);
  const [name = "", schema] = names.toReversed();
  if (type.pct_type) {
    const relation = literal(dotted(names.slice(0, -1)));
    return `(SELECT atttypid FROM pg_attribute WHERE attrelid = to_regclass(${relation}) AND attname = ${literal(name)} AND NOT attisdropped)`;
  }
  const where =
    schema === undefined
      ? "pg_type_is_visible(oid)"
      : `typnamespace = to_regnamespace(${literal(dotted([schema]))})`;
  const column = type.arrayBounds === undefined ? "oid" : "typarray";
  return `(SELECT min(${column}) FROM pg_type WHERE typname = ${literal(name)} AND ${where})`;
}

export function typesOf(nodes: readonly Node[] | undefined): TypeName[] {
  return (nodes ?? []).flatMap((node) => ("TypeName" in node ? [node.TypeName] : []));
}

export function parametersOf(nodes: readonly Node[] | undefined): FunctionParameter[] {
  return (nodes ?? []).flatMap((node) =>
    "FunctionParameter" in node ? [node.FunctionParameter] : [],
  );
}

/** The parameters by which callers and DROP tell one function from another. */
export function inputTypes(parameters: readonly FunctionParameter[]): TypeName[] {
  return parameters.flatMap(({ mode, argType }) =>
    argType === undefined || mode === "FUNC_PARAM_OUT" || mode === "FUNC_PARAM_TABLE"
      ? []
      : [argType],
  );
}

/** `f(integer, text)`; just `f` where the statement gives no arguments. */
export function signatureShown(named: ObjectWithArgs): string {
  const name = dottedName(parts(named.objname));
  if (named.args_unspecified) return name;
  return `${name}(${typesOf(named.objargs).map(typeShown).join(", ")})`;
}

/** The same for SQL that we write. */
export function signatureSql(named: ObjectWithArgs): string {
  const name = dotted(parts(named.objname));
  if (named.args_unspecified) return name;
  return `${name}(${typesOf(named.objargs).map(typeSql).join(", ")})`;
}

/** Comparable with {@link oidsOf}: the oids of the types, `0` for what does not exist. */
export function typeOids(types: readonly TypeName[]): string {
  return `concat_ws(' ', '', ${types.map((type) => `coalesce(${typeOid(type)}, 0)`).join(", ") || "NULL"})`;
}

/** SQL for an oidvector or oid[] column in the form of {@link typeOids}. */
export function oidsOf(column: string): string {
  return `concat_ws(' ', '', nullif(array_to_string(${column}, ' '), ''))`;
}
