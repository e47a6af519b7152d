// Owns: refusing statements that name an object in Belay's own schema: the journal says what the
// database is, and a migration must not be able to change what it says.

import { BelayError, untouched } from "../../core/errors.ts";
import type { ParsedStatement } from "./parse.ts";

const reservedSchema = "belay";

/** Node fields that hold a schema's name, or a dotted name whose first part is one. */
const schemaFields = new Set(["schemaname", "newschema", "schema"]);
const dottedFields = new Set(["objname", "funcname", "names", "typeName", "items", "defnames"]);

export function refuseReserved(statement: ParsedStatement): void {
  // Walking a megabyte of VALUES costs more than looking for the word.
  if (statement.path === "" || !/belay/i.test(statement.sql)) return;
  if (!namesReserved(statement.node)) return;
  throw new BelayError(
    "BELAY_SQL_RESERVED",
    `the schema "${reservedSchema}" belongs to Belay; a migration cannot use it`,
    {
      at: `${statement.path}:${statement.line}`,
      state: untouched,
      hint: "Use another schema.",
      details: { schema: reservedSchema },
    },
  );
}

function namesReserved(value: unknown, field = ""): boolean {
  if (Array.isArray(value)) {
    return (
      (dottedFields.has(field) && value.length > 1 && isReserved(value[0])) ||
      value.some((each) => namesReserved(each, field))
    );
  }
  if (typeof value !== "object" || value === null) {
    return schemaFields.has(field) && value === reservedSchema;
  }
  const fields = Object.entries(value);
  if (
    fields.some(([, inner]) => inner === "OBJECT_SCHEMA" || inner === "ACL_TARGET_ALL_IN_SCHEMA")
  ) {
    return holdsName(value);
  }
  return fields.some(([name, inner]) => {
    if (name === "DropStmt") return dropsReserved(inner);
    // CREATE EXTENSION ... SCHEMA, ALTER DEFAULT PRIVILEGES IN SCHEMA.
    if (name === "DefElem" && /^schemas?$/.test(inner.defname ?? "")) return holdsName(inner);
    return namesReserved(inner, name);
  });
}

/** Statements about schemas have the name in one of many places. */
function holdsName(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return value === reservedSchema;
  return Object.values(value).some(holdsName);
}

/** DROP gives names as lists of strings without a field of their own. */
function dropsReserved(drop: { objects?: unknown[]; removeType?: string }): boolean {
  if (drop.removeType === "OBJECT_SCHEMA") return holdsName(drop.objects);
  return (drop.objects ?? []).some((object) => {
    const list = (object as { List?: { items?: unknown[] } }).List?.items;
    return list ? list.length > 1 && isReserved(list[0]) : namesReserved(object);
  });
}

function isReserved(node: unknown): boolean {
  return (node as { String?: { sval?: string } } | undefined)?.String?.sval === reservedSchema;
}
