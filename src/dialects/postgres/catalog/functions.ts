// Owns: what is read of functions, procedures and aggregates.

import { acl, type Family, notMadeForType, shownQuery, words } from "./family.ts";

/** A function named by an aggregate; null when it has none. */
const step = (word: string, oid: string) => `'${word} ' || nullif(${oid}::oid, 0)::regprocedure`;

/** What CREATE AGGREGATE says; there is no pg_get_functiondef for aggregates. */
const aggregateText = words(
  "g.aggkind::text",
  "g.aggnumdirectargs::text",
  "pg_get_function_arguments(p.oid)",
  "'returns ' || pg_get_function_result(p.oid)",
  "'parallel ' || p.proparallel::text",
  step("step", "g.aggtransfn"),
  "'state ' || format_type(g.aggtranstype, null)",
  "'space ' || nullif(g.aggtransspace, 0)",
  step("final", "g.aggfinalfn"),
  "g.aggfinalextra::text || g.aggfinalmodify::text",
  step("combine", "g.aggcombinefn"),
  step("serial", "g.aggserialfn"),
  step("deserial", "g.aggdeserialfn"),
  "'initial ' || quote_literal(g.agginitval)",
  "'sort ' || nullif(g.aggsortop::oid, 0)::regoperator",
  step("moving step", "g.aggmtransfn"),
  step("moving inverse", "g.aggminvtransfn"),
  "'moving state ' || format_type(nullif(g.aggmtranstype, 0), null)",
  "'moving space ' || nullif(g.aggmtransspace, 0)",
  step("moving final", "g.aggmfinalfn"),
  "g.aggmfinalextra::text || g.aggmfinalmodify::text",
  "'moving initial ' || quote_literal(g.aggminitval)",
);

const text = "pg_get_functiondef(p.oid)";

export const functions: Family = {
  classes: ["pg_proc"],
  objects: [
    {
      class: "pg_proc",
      oid: "p.oid",
      from: "pg_proc p left join pg_aggregate g on g.aggfnoid = p.oid",
      where: notMadeForType("pg_proc", "p.oid"),
      schema: "p.pronamespace",
      name: `case p.prokind when 'p' then 'procedure ' when 'a' then 'aggregate ' else 'function ' end
        || p.oid::regprocedure::text`,
      facts: {
        owner: "p.proowner::regrole::text",
        acl: acl("f", "p.proacl", "p.proowner"),
        // From the arguments on: what stands before them is the name.
        definition: `case when p.prokind <> 'a' then
          substring(case when p.prosqlbody is null then ${text}
            else ${shownQuery(text)} end from '\\(.*$') end`,
        aggregate: `case when p.prokind = 'a' then ${aggregateText} end`,
      },
    },
  ],
  parts: [],
};
