// Owns: how to make text search objects again.

import { definition, functionName, identity, type Recipe, recipe } from "./recipe.ts";

export const textSearchParser: Recipe = recipe(`
  SELECT p.oid::text, ARRAY[format('CREATE TEXT SEARCH PARSER %s ', ${identity("pg_ts_parser", "p.oid")}) || ${definition(
    {
      START: functionName("p.prsstart"),
      GETTOKEN: functionName("p.prstoken"),
      END: functionName("p.prsend"),
      HEADLINE: functionName("p.prsheadline"),
      LEXTYPES: functionName("p.prslextype"),
    },
  )}] AS create FROM pg_ts_parser p WHERE p.oid = ANY ($1::oid[])`);

export const textSearchTemplate: Recipe = recipe(`
  SELECT t.oid::text, ARRAY[format('CREATE TEXT SEARCH TEMPLATE %s ', ${identity("pg_ts_template", "t.oid")}) || ${definition(
    { INIT: functionName("t.tmplinit"), LEXIZE: functionName("t.tmpllexize") },
  )}] AS create FROM pg_ts_template t WHERE t.oid = ANY ($1::oid[])`);

export const textSearchDictionary: Recipe = recipe(`
  SELECT d.oid::text, ARRAY[format('CREATE TEXT SEARCH DICTIONARY %s (TEMPLATE = %s%s)', ${identity("pg_ts_dict", "d.oid")},
    ${identity("pg_ts_template", "d.dicttemplate")}, coalesce(', ' || d.dictinitoption, ''))] AS create
  FROM pg_ts_dict d WHERE d.oid = ANY ($1::oid[])`);

/** SQL: one ADD MAPPING per token type of the configuration \`c\`. */
export const textSearchMappings = `ARRAY(
  SELECT format('ALTER TEXT SEARCH CONFIGURATION %s ADD MAPPING FOR %I WITH %s', ${identity("pg_ts_config", "c.oid")}, t.alias,
    string_agg(${identity("pg_ts_dict", "m.mapdict")}, ', ' ORDER BY m.mapseqno))
  FROM pg_ts_config_map m JOIN LATERAL ts_token_type(c.cfgparser) t ON t.tokid = m.maptokentype
  WHERE m.mapcfg = c.oid GROUP BY t.tokid, t.alias ORDER BY t.tokid)`;

export const textSearchConfiguration: Recipe = recipe(`
  SELECT c.oid::text, ARRAY[format('CREATE TEXT SEARCH CONFIGURATION %s (PARSER = %s)', ${identity("pg_ts_config", "c.oid")},
    ${identity("pg_ts_parser", "c.cfgparser")})] || ${textSearchMappings} AS create
  FROM pg_ts_config c WHERE c.oid = ANY ($1::oid[])`);
