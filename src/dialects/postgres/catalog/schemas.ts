// Owns: what is read of schemas, extensions, extended statistics and languages.

import { acl, either, type Family, inOurSchema, notHidden, ours, words } from "./family.ts";

export const schemas: Family = {
  classes: ["pg_namespace"],
  objects: [
    {
      class: "pg_namespace",
      oid: "s.oid",
      from: "pg_namespace s",
      where: ours("s.nspname"),
      builtIn: true,
      name: "'schema ' || quote_ident(s.nspname)",
      facts: {
        owner: "s.nspowner::regrole::text",
        acl: acl("n", "s.nspacl", "s.nspowner"),
      },
    },
  ],
  parts: [],
};

export const extensions: Family = {
  classes: ["pg_extension"],
  objects: [
    {
      class: "pg_extension",
      oid: "x.oid",
      from: "pg_extension x",
      // plpgsql is created by initdb, with a low oid, and can be dropped like any other.
      builtIn: true,
      name: "'extension ' || quote_ident(x.extname)",
      facts: {
        owner: "x.extowner::regrole::text",
        version: "quote_literal(x.extversion)",
        schema: "x.extnamespace::regnamespace::text",
      },
    },
  ],
  parts: [],
};

export const statistics: Family = {
  classes: ["pg_statistic_ext"],
  objects: [
    {
      class: "pg_statistic_ext",
      oid: "s.oid",
      from: "pg_statistic_ext s",
      // Moving a table leaves its statistics where they are.
      where: `${notHidden("s.stxname")} and not ${inOurSchema("pg_class", "s.stxrelid")}`,
      schema: "s.stxnamespace",
      name: "'statistics ' || quote_ident(n.nspname) || '.' || quote_ident(s.stxname)",
      facts: {
        owner: "s.stxowner::regrole::text",
        definition: "pg_get_statisticsobjdef(s.oid)",
        target: "nullif(s.stxstattarget, -1)::text",
      },
    },
  ],
  parts: [],
};

export const languages: Family = {
  classes: ["pg_language", "pg_transform", "pg_am"],
  objects: [
    {
      class: "pg_language",
      oid: "l.oid",
      from: "pg_language l",
      name: "'language ' || quote_ident(l.lanname)",
      facts: {
        owner: "l.lanowner::regrole::text",
        acl: acl("l", "l.lanacl", "l.lanowner"),
        definition: words(
          either("l.lanpltrusted", "trusted", "untrusted"),
          "'handler ' || nullif(l.lanplcallfoid, 0)::regproc",
          "'inline ' || nullif(l.laninline, 0)::regproc",
          "'validator ' || nullif(l.lanvalidator, 0)::regproc",
        ),
      },
    },
    {
      class: "pg_transform",
      oid: "f.oid",
      from: "pg_transform f join pg_language l on l.oid = f.trflang",
      name: "'transform for ' || f.trftype::regtype || ' language ' || quote_ident(l.lanname)",
      facts: {
        "from sql": "nullif(f.trffromsql::oid, 0)::regprocedure::text",
        "to sql": "nullif(f.trftosql::oid, 0)::regprocedure::text",
      },
    },
    {
      class: "pg_am",
      oid: "m.oid",
      from: "pg_am m",
      name: "'access method ' || quote_ident(m.amname)",
      facts: {
        type: either("m.amtype = 't'", "table", "index"),
        handler: "m.amhandler::regproc::text",
      },
    },
  ],
  parts: [],
};

export const eventTriggers: Family = {
  classes: ["pg_event_trigger"],
  objects: [
    {
      class: "pg_event_trigger",
      oid: "v.oid",
      from: "pg_event_trigger v",
      // Ours call functions of our schemas.
      where: `not ${inOurSchema("pg_proc", "v.evtfoid")}`,
      name: "'event trigger ' || quote_ident(v.evtname)",
      facts: {
        owner: "v.evtowner::regrole::text",
        definition: words(
          "'on ' || v.evtevent",
          "'when tag in (' || (select string_agg(tag, ', ' order by tag) from unnest(v.evttags) tag) || ')'",
          "'execute ' || v.evtfoid::regprocedure",
        ),
        enabled: `case v.evtenabled when 'D' then 'no' when 'R' then 'on replica'
          when 'A' then 'always' end`,
      },
    },
  ],
  parts: [],
};
