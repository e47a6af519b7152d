// Owns: the shape of a recipe: SQL that makes an object of the catalog again, as the server itself
// tells it. One file per family of objects has the recipes; `recreate.ts` puts them together.

import type { Lookup } from "../kind.ts";

/** How to make one object again. Owner, privileges, comment and labels are given in between. */
export interface Creation {
  create: string[];
  /** What has to wait until the object has its owner. */
  finish: string[];
}

/** By oid; an object that is missing here cannot be made again. */
export type Creations = Map<string, Creation>;

export type Recipe = (catalog: Lookup, oids: readonly string[]) => Promise<Creations>;

interface Row extends Record<string, unknown> {
  oid: string;
  create: string[];
  finish?: string[];
}

/** `sql` selects `oid`, `create` and perhaps `finish` (text[]) for the oids in $1. */
export function recipe(sql: string): Recipe {
  return async (catalog, oids) => {
    const rows = await catalog.rows<Row>(sql, [oids]);
    return new Map(
      rows.map(({ oid, create, finish }) => [
        oid,
        { create: create.filter((each) => each !== null), finish: finish ?? [] },
      ]),
    );
  };
}

/** SQL: the qualified, quoted name of an object, whatever the search_path. */
export function identity(catalog: string, oid: string): string {
  return `(pg_identify_object('${catalog}'::regclass, ${oid}, 0)).identity`;
}

/** SQL: a space and `text` with the value in place of its one `%`; empty when the value is NULL. */
export function clause(text: string, value: string): string {
  return `CASE WHEN (${value}) IS NULL THEN '' ELSE format(' ${text}', ${value}) END`;
}

/** SQL: `(a = x, b = y)` of those pairs whose value is not NULL; values are SQL that yields SQL. */
export function definition(pairs: Record<string, string>): string {
  const items = Object.entries(pairs).map(([name, value]) => `'${name} = ' || ${value}`);
  return `'(' || concat_ws(', ', ${items.join(", ")}) || ')'`;
}

/** SQL: a function's qualified name without arguments; NULL for "no function". */
export function functionName(oid: string): string {
  // Names of its own, so that `oid` can be about any alias of the query around it.
  return `(SELECT format('%I.%I', fn_schema.nspname, fn.proname) FROM pg_proc fn
    JOIN pg_namespace fn_schema ON fn_schema.oid = fn.pronamespace WHERE fn.oid = ${oid})`;
}

/** SQL: ` OPTIONS (...)` for an options array of the foreign-data catalogs; empty for none. */
export function optionsClause(column: string): string {
  return `coalesce((SELECT ' OPTIONS (' || string_agg(format('%I %L', option_name, option_value), ', ') || ')'
    FROM pg_options_to_table(${column})), '')`;
}
