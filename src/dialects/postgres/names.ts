// Owns: turning libpg-query's name nodes into SQL text and the other way round.

import type { Node, RangeVar } from "@pgsql/types";

/** Lower-case words that are safe unquoted everywhere would need the keyword list; so quote unless plain. */
const plain = /^[a-z_][a-z0-9_$]*$/;

/** An identifier for SQL that we write: always quoted, so reserved words need no list. */
export function quote(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}

/** An identifier for people: quoted only where SQL would fold or reject it. */
export function shown(identifier: string): string {
  return plain.test(identifier) ? identifier : quote(identifier);
}

/** A string literal for SQL that we write; backslashes doubled in the E form. */
export function literal(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return quoted.includes("\\") ? `E${quoted.replaceAll("\\", "\\\\")}` : quoted;
}

/** `"schema"."table"` as the statement wrote it, for SQL that we write. */
export function relationSql(relation: RangeVar): string {
  return partsOfRelation(relation).map(quote).join(".");
}

/** `schema.table` as the statement wrote it, for people. */
export function relationName(relation: RangeVar): string {
  return partsOfRelation(relation).map(shown).join(".");
}

function partsOfRelation(relation: RangeVar): string[] {
  return [relation.catalogname, relation.schemaname, relation.relname].filter(
    (part): part is string => part !== undefined,
  );
}

/** The parts of a dotted name given as a list of String nodes (DROP, RENAME, functions, types). */
export function parts(nodes: readonly Node[] | undefined): string[] {
  return (nodes ?? []).map((node) => ("String" in node ? (node.String.sval ?? "") : "*"));
}

/** Dotted name for SQL that we write. */
export function dotted(names: readonly string[]): string {
  return names.map(quote).join(".");
}

/** Dotted name for people. */
export function dottedName(names: readonly string[]): string {
  return names.map(shown).join(".");
}
