// Owns: how to make foreign-data wrappers, servers and user mappings again. Foreign tables are
// relations.

import { clause, functionName, optionsClause, type Recipe, recipe } from "./recipe.ts";

export const foreignDataWrapper: Recipe = recipe(`
  SELECT f.oid::text, ARRAY[format('CREATE FOREIGN DATA WRAPPER %I%s%s%s', f.fdwname,
    ${clause("HANDLER %s", functionName("f.fdwhandler"))}, ${clause("VALIDATOR %s", functionName("f.fdwvalidator"))},
    ${optionsClause("f.fdwoptions")})] AS create
  FROM pg_foreign_data_wrapper f WHERE f.oid = ANY ($1::oid[])`);

export const foreignServer: Recipe = recipe(`
  SELECT s.oid::text, ARRAY[format('CREATE SERVER %I%s%s FOREIGN DATA WRAPPER %I%s', s.srvname, ${clause("TYPE %L", "s.srvtype")},
    ${clause("VERSION %L", "s.srvversion")}, f.fdwname, ${optionsClause("s.srvoptions")})] AS create
  FROM pg_foreign_server s JOIN pg_foreign_data_wrapper f ON f.oid = s.srvfdw WHERE s.oid = ANY ($1::oid[])`);

/** pg_user_mapping is for superusers; the view shows options to those who may see them. */
export const userMapping: Recipe = recipe(`
  SELECT m.umid::text AS oid, ARRAY[format('CREATE USER MAPPING FOR %s SERVER %I%s',
    CASE WHEN m.umuser = 0 THEN 'PUBLIC' ELSE quote_ident(m.usename) END, m.srvname, ${optionsClause("m.umoptions")})] AS create
  FROM pg_user_mappings m WHERE m.umid = ANY ($1::oid[])`);
