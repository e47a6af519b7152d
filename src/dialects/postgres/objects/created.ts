// Owns: the undo of statements that create an object: drop it, by a name that the search_path
// cannot lead elsewhere.

import type { Node, ObjectType } from "@pgsql/types";
import { exactly, nothingToUndo, type Undo } from "../../../core/plan.ts";
import type { Lookup } from "../kind.ts";
import { dotted } from "../names.ts";
import { find } from "./found.ts";
import { nameNode, targetOf } from "./object-type.ts";

/** The schema in which an unqualified name is created now. */
export async function currentSchema(catalog: Lookup): Promise<string | undefined> {
  const [row] = await catalog.rows<{ schema: string | null }>(
    "SELECT current_schema()::text AS schema",
  );
  return row?.schema ?? undefined;
}

/** The name with the schema in which the object is created. */
export async function qualified(catalog: Lookup, names: readonly string[]): Promise<string[]> {
  if (names.length !== 1) return [...names];
  const schema = await currentSchema(catalog);
  return schema === undefined ? [...names] : [schema, ...names];
}

/** Whether a qualified name is one of the session's own, gone with it. */
export function isTemporary(names: readonly string[]): boolean {
  return names.length > 1 && /^pg_temp(_\d+)?$/.test(names[0] ?? "");
}

/** `words` as DROP has them. Nothing when IF NOT EXISTS finds it there already. */
export async function undoOfCreation(
  catalog: Lookup,
  type: ObjectType,
  words: string,
  names: readonly string[],
  ifNotExists = false,
): Promise<Undo> {
  const full = await qualified(catalog, names);
  if (isTemporary(full)) return nothingToUndo;
  if (ifNotExists && (await exists(catalog, type, nameNode(...full)))) return nothingToUndo;
  return exactly(`DROP ${words} ${dotted(full)}`);
}

export async function exists(catalog: Lookup, type: ObjectType, object: Node): Promise<boolean> {
  return (await find(catalog, targetOf(type, object))) !== undefined;
}
