// Owns: reading option lists: `(name value, ...)`, `SET (a.b = c)`, `WITH (...)`.

import type { DefElem, Node } from "@pgsql/types";
import { literal, quote } from "./names.ts";

/**
 * SQL: `attoptions` as people set them, null when there are none. PostgreSQL 15.20 and its likes keep
 * a number of their own among them (`pg_attver`), which changes whenever the table's columns do.
 */
export const setByPeople = (list: string) =>
  `(SELECT array_agg(o ORDER BY place) FROM unnest(${list}) WITH ORDINALITY AS x(o, place)
     WHERE o !~ '^pg_attver=')`;

/** By name; a namespace (`toast.`) is part of the name. */
export function optionsOf(nodes: readonly Node[] | undefined): Map<string, DefElem> {
  return new Map(
    (nodes ?? []).flatMap((node) => {
      if (!("DefElem" in node)) return [];
      const { defnamespace, defname = "" } = node.DefElem;
      return [[defnamespace ? `${defnamespace}.${defname}` : defname, node.DefElem] as const];
    }),
  );
}

/** The option names of a SET or RESET list given as the `def` of a command. */
export function optionNames(def: Node | undefined): string[] {
  return def && "List" in def ? [...optionsOf(def.List.items).keys()] : [];
}

/**
 * SET and RESET clauses that give an option list its old content and order. The server appends
 * what SET names, so all old options are named, in their order. Values are as the catalog keeps
 * them, `name=value`.
 */
export function restoreOptions(before: readonly string[], touched: readonly string[]): string[] {
  const names = new Set(before.map((option) => option.slice(0, option.indexOf("="))));
  const added = touched.filter((name) => !names.has(name));
  return [
    ...(added.length === 0 ? [] : [`RESET (${added.map(optionName).join(", ")})`]),
    ...(before.length === 0 ? [] : [`SET (${before.map(optionSql).join(", ")})`]),
  ];
}

/** `fillfactor=70` as the catalog keeps it -> `"fillfactor"='70'`. */
export function optionSql(option: string): string {
  const at = option.indexOf("=");
  return `${optionName(option.slice(0, at))}=${literal(option.slice(at + 1))}`;
}

/** `toast.autovacuum_enabled` is a namespace and a name. */
function optionName(name: string): string {
  return name.split(".").map(quote).join(".");
}
