// Owns: what is read of text search configurations, dictionaries, parsers and templates.

import { type Family, words } from "./family.ts";

const named = (kind: string, name: string) =>
  `'text search ${kind} ' || quote_ident(n.nspname) || '.' || quote_ident(${name})`;

const qualified = (table: string, name: string, schema: string, oid: string) =>
  `(select quote_ident(q.nspname) || '.' || quote_ident(o.${name}) from ${table} o
     join pg_namespace q on q.oid = o.${schema} where o.oid = ${oid})`;

const support = (word: string, oid: string) => `'${word} ' || nullif(${oid}::oid, 0)::regproc`;

export const textSearch: Family = {
  classes: ["pg_ts_config", "pg_ts_dict", "pg_ts_parser", "pg_ts_template"],
  catalogs: ["pg_ts_config_map"],
  objects: [
    {
      class: "pg_ts_config",
      oid: "t.oid",
      from: "pg_ts_config t",
      schema: "t.cfgnamespace",
      name: named("configuration", "t.cfgname"),
      facts: {
        owner: "t.cfgowner::regrole::text",
        parser: qualified("pg_ts_parser", "prsname", "prsnamespace", "t.cfgparser"),
        mapping: `(select string_agg(concat_ws(' ', k.alias, m.mapdict::regdictionary), ', '
            order by m.maptokentype, m.mapseqno)
          from pg_ts_config_map m join ts_token_type(t.cfgparser) k on k.tokid = m.maptokentype
          where m.mapcfg = t.oid)`,
      },
    },
    {
      class: "pg_ts_dict",
      oid: "t.oid",
      from: "pg_ts_dict t",
      schema: "t.dictnamespace",
      name: named("dictionary", "t.dictname"),
      facts: {
        owner: "t.dictowner::regrole::text",
        template: qualified("pg_ts_template", "tmplname", "tmplnamespace", "t.dicttemplate"),
        options: "t.dictinitoption",
      },
    },
    {
      class: "pg_ts_parser",
      oid: "t.oid",
      from: "pg_ts_parser t",
      schema: "t.prsnamespace",
      name: named("parser", "t.prsname"),
      facts: {
        functions: words(
          support("start", "t.prsstart"),
          support("token", "t.prstoken"),
          support("end", "t.prsend"),
          support("headline", "t.prsheadline"),
          support("types", "t.prslextype"),
        ),
      },
    },
    {
      class: "pg_ts_template",
      oid: "t.oid",
      from: "pg_ts_template t",
      schema: "t.tmplnamespace",
      name: named("template", "t.tmplname"),
      facts: { functions: words(support("init", "t.tmplinit"), support("lexize", "t.tmpllexize")) },
    },
  ],
  parts: [],
};
