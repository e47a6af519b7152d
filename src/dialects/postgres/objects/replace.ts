// Owns: the SQL that puts an object's present definition back in place by CREATE OR REPLACE, which
// keeps the object, and with it owner, privileges, comment and all that depends on it.

import type { Lookup } from "../kind.ts";
import type { Found } from "./found.ts";
import { recipeName, recipeNamed } from "./recipes.ts";

/** For functions, aggregates, triggers, rules, views, languages and transforms. */
export async function replacementOf(catalog: Lookup, found: Found): Promise<string[]> {
  const creations = await recipeNamed(recipeName(found))?.(catalog, [found.oid]);
  const create = creations?.get(found.oid)?.create ?? [];
  return create.map((sql) =>
    sql.replace(
      /^CREATE (?=FUNCTION|PROCEDURE|AGGREGATE|TRIGGER|RULE|VIEW|TRANSFORM|(TRUSTED )?LANGUAGE)/,
      "CREATE OR REPLACE ",
    ),
  );
}
