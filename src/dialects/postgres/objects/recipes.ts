// Owns: which recipe makes which object again.

import { defaultPrivileges } from "./default-privileges.ts";
import * as foreign from "./foreign-recipes.ts";
import type { Found } from "./found.ts";
import * as publications from "./publication-recipes.ts";
import type { Recipe } from "./recipe.ts";
import * as relations from "./relation-recipes.ts";
import * as routines from "./routine-recipes.ts";
import * as sequences from "./sequence-recipes.ts";
import * as textSearch from "./text-search-recipes.ts";
import * as types from "./type-recipes.ts";

/** By the catalog; relations by their kind, in pg_identify_object's words. */
const recipes: Record<string, Recipe> = {
  "pg_class foreign table": relations.foreignTable,
  "pg_class index": relations.index,
  "pg_class materialized view": relations.materializedView,
  "pg_class sequence": sequences.sequence,
  "pg_class view": relations.view,
  pg_am: routines.accessMethod,
  pg_amop: routines.familyMember,
  pg_amproc: routines.familyMember,
  pg_attrdef: relations.columnDefault,
  pg_cast: routines.cast,
  pg_collation: types.collation,
  pg_constraint: relations.constraint,
  pg_conversion: routines.conversion,
  pg_default_acl: defaultPrivileges,
  pg_event_trigger: routines.eventTrigger,
  pg_extension: types.extension,
  pg_foreign_data_wrapper: foreign.foreignDataWrapper,
  pg_foreign_server: foreign.foreignServer,
  pg_language: routines.language,
  pg_namespace: types.schema,
  pg_opclass: routines.operatorClass,
  pg_operator: routines.operator,
  pg_opfamily: routines.operatorFamily,
  pg_policy: relations.policy,
  pg_proc: routines.routine,
  pg_publication: publications.publication,
  pg_publication_namespace: publications.publicationSchema,
  pg_publication_rel: publications.publicationTable,
  pg_rewrite: relations.rule,
  pg_statistic_ext: relations.statistics,
  pg_transform: routines.transform,
  pg_trigger: relations.trigger,
  pg_ts_config: textSearch.textSearchConfiguration,
  pg_ts_dict: textSearch.textSearchDictionary,
  pg_ts_parser: textSearch.textSearchParser,
  pg_ts_template: textSearch.textSearchTemplate,
  pg_type: types.type,
  pg_user_mapping: foreign.userMapping,
};

/** The name of the recipe for an object, which also tells those apart that are made by one query. */
export function recipeName({ catalog, type, attribute }: Found): string {
  // A column goes with a type or function that it needs, and its values with it.
  if (attribute !== 0) return "column";
  return catalog === "pg_class" ? `pg_class ${type}` : catalog;
}

export function recipeNamed(name: string): Recipe | undefined {
  return recipes[name];
}
