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
  return Object.entries(value).some(([name, inner]) =>
    name === "CreateSchemaStmt"
      ? inner.schemaname === reservedSchema || namesReserved(inner)
      : name === "DropStmt"
        ? dropsReserved(inner)
        : namesReserved(inner, name),
  );
}

/** DROP gives names as lists of strings without a field of their own. */
function dropsReserved(drop: { objects?: unknown[]; removeType?: string }): boolean {
  const oneIsEnough = drop.removeType === "OBJECT_SCHEMA";
  return (drop.objects ?? []).some((object) => {
    const list = (object as { List?: { items?: unknown[] } }).List?.items;
    if (list) return list.length > 1 && isReserved(list[0]);
    return (oneIsEnough && isReserved(object)) || namesReserved(object);
  });
}

function isReserved(node: unknown): boolean {
  return (node as { String?: { sval?: string } } | undefined)?.String?.sval === reservedSchema;
}
