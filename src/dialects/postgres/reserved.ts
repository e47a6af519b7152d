// Owns: refusing statements that name an object in one of Belay's own schemas, or one that Belay
// hides for an undo: the journal says what the database is and what was, and a migration must not be
// able to change that.

import { BelayError, untouched } from "../../core/errors.ts";
import type { ParsedStatement } from "./parse.ts";
import { reservedName, reservedSchema } from "./shelf-names.ts";

/** Node fields that hold a schema's name, or a dotted name whose first part is one. */
const schemaFields = new Set(["schemaname", "newschema", "schema"]);
const dottedFields = new Set(["objname", "funcname", "names", "typeName", "items", "defnames"]);

export function refuseReserved(statement: ParsedStatement): void {
  // Walking a megabyte of VALUES costs more than looking for the word.
  if (statement.path === "" || !/belay/i.test(statement.sql)) return;
  const schema = schemaIn(statement.node);
  if (schema !== undefined) throw refusal(statement, "schema", schema);
  const name = hiddenNameIn(statement.node);
  if (name !== undefined) throw refusal(statement, "name", name);
}

function refusal({ path, line }: ParsedStatement, kind: "schema" | "name", word: string) {
  return new BelayError(
    "BELAY_SQL_RESERVED",
    `the ${kind} "${word}" belongs to Belay; a migration cannot use it`,
    {
      at: `${path}:${line}`,
      state: untouched,
      hint: `Use another ${kind}.`,
      details: { [kind]: word },
    },
  );
}

/** Fields whose strings are text and no identifiers: literals, COMMENT, SECURITY LABEL. */
const textFields = new Set(["A_Const", "comment", "label"]);

/** Any identifier: a name that is free for one kind of object would still be taken for another. */
function hiddenNameIn(value: unknown): string | undefined {
  if (typeof value === "string") return reservedName.test(value) ? value : undefined;
  if (typeof value !== "object" || value === null) return undefined;
  for (const [field, inner] of Object.entries(value)) {
    const found = textFields.has(field) ? undefined : hiddenNameIn(inner);
    if (found !== undefined) return found;
  }
  return undefined;
}

type Found = string | undefined;

interface Dropped {
  objects?: unknown[];
  removeType?: string;
}

/** The first thing found. */
function first(values: readonly unknown[], find: (value: unknown) => Found): Found {
  for (const value of values) {
    const found = find(value);
    if (found !== undefined) return found;
  }
  return undefined;
}

function schemaIn(value: unknown, field = ""): Found {
  if (Array.isArray(value)) {
    const dotted = dottedFields.has(field) && value.length > 1 ? schemaOf(value[0]) : undefined;
    return dotted ?? first(value, (each) => schemaIn(each, field));
  }
  if (typeof value !== "object" || value === null) {
    return schemaFields.has(field) ? reserved(value) : undefined;
  }
  const fields = Object.entries(value);
  if (
    fields.some(([, inner]) => inner === "OBJECT_SCHEMA" || inner === "ACL_TARGET_ALL_IN_SCHEMA")
  ) {
    return anySchema(value);
  }
  return first(fields, (entry) => {
    const [name, inner] = entry as [string, Dropped & { defname?: string }];
    if (name === "DropStmt") return dropped(inner);
    // CREATE EXTENSION ... SCHEMA, ALTER DEFAULT PRIVILEGES IN SCHEMA.
    if (name === "DefElem" && /^schemas?$/.test(inner.defname ?? "")) return anySchema(inner);
    return schemaIn(inner, name);
  });
}

/** Statements about schemas have the name in one of many places. */
function anySchema(value: unknown): Found {
  if (typeof value !== "object" || value === null) return reserved(value);
  return first(Object.values(value), anySchema);
}

/** DROP gives names as lists of strings without a field of their own. */
function dropped(drop: Dropped): Found {
  if (drop.removeType === "OBJECT_SCHEMA") return anySchema(drop.objects);
  return first(drop.objects ?? [], (object) => {
    const list = (object as { List?: { items?: unknown[] } }).List?.items;
    if (list === undefined) return schemaIn(object);
    return list.length > 1 ? schemaOf(list[0]) : undefined;
  });
}

function schemaOf(node: unknown): Found {
  return reserved((node as { String?: { sval?: string } } | undefined)?.String?.sval);
}

function reserved(word: unknown): Found {
  return typeof word === "string" && reservedSchema.test(word) ? word : undefined;
}
