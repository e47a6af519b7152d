// Owns: what is read of relations: tables, views, materialized views, foreign tables, sequences.
// Their columns, constraints, indexes, triggers, rules and policies are in `relation-parts.ts`.

import { acl, either, type Family, flag, notHidden, options, shownQuery } from "./family.ts";
import { relationParts } from "./relation-parts.ts";

const kindWord = `case c.relkind when 'v' then 'view' when 'm' then 'materialized view'
  when 'f' then 'foreign table' when 'S' then 'sequence' else 'table' end`;

const owner = "c.relowner::regrole::text";
const persistence = flag("c.relpersistence = 'u'", "unlogged");
const tablespace = `(select quote_ident(s.spcname) from pg_tablespace s where s.oid = c.reltablespace)`;
const accessMethod = `(select quote_ident(m.amname) from pg_am m
  where m.oid = c.relam and m.amname <> 'heap')`;

/** Rows of other catalogs that facts of the table itself come from. */
const hiddenParts = `(select string_agg('pg_class:' || t.oid, ' ') from pg_class t where t.oid = c.reltoastrelid)`;

const parents = (partition: string) =>
  `(select string_agg(i.inhparent::regclass::text || ${either("i.inhdetachpending", " detaching", "")}, ', ' order by i.inhseqno)
    from pg_inherits i where i.inhrelid = c.oid and ${partition})`;

const tables: Family["objects"][number] = {
  class: "pg_class",
  oid: "c.oid",
  from: "pg_class c",
  where: `c.relkind in ('r', 'p', 'f', 'v', 'm') and ${notHidden("c.relname")}`,
  schema: "c.relnamespace",
  name: `${kindWord} || ' ' || c.oid::regclass::text`,
  storage: "case when c.relkind in ('r', 'm') then c.relfilenode::text end",
  parts: hiddenParts,
  facts: {
    owner,
    acl: acl("r", "c.relacl", "c.relowner"),
    persistence,
    tablespace,
    "access method": accessMethod,
    options: options("c.reloptions"),
    "toast options": `(select ${options("t.reloptions")} from pg_class t
      where t.oid = c.reltoastrelid and t.reloptions is not null)`,
    "replica identity": `case c.relreplident when 'f' then 'full' when 'n' then
      case when c.relkind in ('r', 'p') then 'nothing' end end`,
    "row security": `case when c.relrowsecurity or c.relforcerowsecurity then concat_ws(', ',
      ${flag("c.relrowsecurity", "enabled")}, ${flag("c.relforcerowsecurity", "forced")}) end`,
    inherits: parents("not c.relispartition"),
    "partition of": parents("c.relispartition"),
    "partition bound": "case when c.relispartition then pg_get_expr(c.relpartbound, c.oid) end",
    "partition key": "case when c.relkind = 'p' then pg_get_partkeydef(c.oid) end",
    "of type": "case when c.reloftype <> 0 then format_type(c.reloftype, null) end",
    server: `(select concat_ws(' ', quote_ident(s.srvname), ${options("f.ftoptions")})
      from pg_foreign_table f join pg_foreign_server s on s.oid = f.ftserver where f.ftrelid = c.oid)`,
    definition: `case when c.relkind in ('v', 'm') then ${shownQuery("pg_get_viewdef(c.oid)")} end`,
    populated: "case when c.relkind = 'm' then c.relispopulated::text end",
  },
};

/** `last_value` is data, not schema. */
const sequences: Family["objects"][number] = {
  class: "pg_class",
  oid: "c.oid",
  from: "pg_class c join pg_sequence s on s.seqrelid = c.oid",
  where: notHidden("c.relname"),
  schema: "c.relnamespace",
  name: `'sequence ' || c.oid::regclass::text`,
  facts: {
    owner,
    acl: acl("s", "c.relacl", "c.relowner"),
    persistence,
    type: "format_type(s.seqtypid, null)",
    start: "s.seqstart::text",
    increment: "s.seqincrement::text",
    minimum: "s.seqmin::text",
    maximum: "s.seqmax::text",
    cache: "s.seqcache::text",
    cycle: flag("s.seqcycle", "yes"),
    "owned by": `(select d.refobjid::regclass::text || '.' || quote_ident(a.attname)
        || case d.deptype when 'i' then ' as identity' else '' end
      from pg_depend d join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
      where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.objsubid = 0
        and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i'))`,
  },
};

export const relations: Family = {
  classes: ["pg_class"],
  objects: [tables, sequences],
  parts: relationParts,
};
