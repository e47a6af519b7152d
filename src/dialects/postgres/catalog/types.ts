// Owns: what is read of types: enums, domains, composite types, ranges, base types.

import { acl, comment, either, type Family, flag, isColumn, notHidden, words } from "./family.ts";
import { columnTables, columnText } from "./relation-parts.ts";

/** `in`, `out` and the like of base types; `-` is none. */
const support = (oid: string) => `nullif(${oid}::regproc::text, '-')`;

const isBase = "t.typtype = 'b'";

export const types: Family = {
  classes: ["pg_type"],
  objects: [
    {
      class: "pg_type",
      oid: "t.oid",
      // Row types of tables, array types and multiranges come with the type they are made from.
      from: `pg_type t left join pg_class c on c.oid = t.typrelid
        left join pg_range r on r.rngtypid = t.oid`,
      where: `t.typtype in ('b', 'c', 'd', 'e', 'p', 'r') and (t.typtype <> 'c' or c.relkind = 'c')
        and (t.typtype <> 'b' or t.typoutput <> 'array_out'::regproc)`,
      schema: "t.typnamespace",
      name: `${either("t.typtype = 'd'", "domain ", "type ")} || t.oid::regtype::text`,
      parts: "case when t.typrelid <> 0 then 'pg_class:' || t.typrelid end",
      facts: {
        owner: "t.typowner::regrole::text",
        acl: acl("T", "t.typacl", "t.typowner"),
        kind: `case t.typtype when 'c' then 'composite' when 'e' then 'enum' when 'r' then 'range'
          when 'b' then 'base' when 'p' then ${either("t.typisdefined", "pseudo", "shell")} end`,
        labels: `(select string_agg(quote_literal(e.enumlabel), ', ' order by e.enumsortorder)
          from pg_enum e where e.enumtypid = t.oid)`,
        base: `case when t.typtype = 'd' then ${words(
          "format_type(t.typbasetype, t.typtypmod)",
          `(select 'collate ' || t.typcollation::regcollation from pg_type b
             where b.oid = t.typbasetype and b.typcollation <> t.typcollation)`,
        )} end`,
        "not null": flag("t.typnotnull", "yes"),
        default: "coalesce(pg_get_expr(t.typdefaultbin, 0), t.typdefault)",
        range: `case when t.typtype = 'r' then ${words(
          "format_type(r.rngsubtype, null)",
          "'collate ' || nullif(r.rngcollation, 0)::regcollation",
          `(select 'operator class ' || quote_ident(n.nspname) || '.' || quote_ident(o.opcname)
             from pg_opclass o join pg_namespace n on n.oid = o.opcnamespace where o.oid = r.rngsubopc)`,
          "'canonical ' || nullif(r.rngcanonical::oid, 0)::regproc",
          "'difference ' || nullif(r.rngsubdiff::oid, 0)::regproc",
          "'multirange ' || r.rngmultitypid::regtype",
        )} end`,
        functions: `case when ${isBase} then ${words(
          `'input ' || ${support("t.typinput")}`,
          `'output ' || ${support("t.typoutput")}`,
          `'receive ' || ${support("t.typreceive")}`,
          `'send ' || ${support("t.typsend")}`,
          `'modifier in ' || ${support("t.typmodin")}`,
          `'modifier out ' || ${support("t.typmodout")}`,
          `'analyze ' || ${support("t.typanalyze")}`,
        )} end`,
        layout: `case when ${isBase} then concat_ws(' ', t.typlen, t.typbyval, t.typalign, t.typstorage,
          t.typcategory, t.typispreferred, t.typdelim, nullif(t.typelem, 0)::regtype) end`,
      },
    },
  ],
  parts: [
    {
      class: "pg_type",
      of: "y.oid",
      from: `pg_type y join pg_attribute a on a.attrelid = y.typrelid ${columnTables}`,
      where: `y.typrelid <> 0 and c.relkind = 'c' and ${isColumn("a")}`,
      parts: "a.attnum::text",
      fact: "'column ' || quote_ident(a.attname)",
      value: columnText,
    },
    {
      class: "pg_type",
      of: "k.contypid",
      from: "pg_constraint k",
      // A domain's NOT NULL is a constraint too on PostgreSQL 17 and later; `not null` says it.
      // The index on contypid begins with conrelid.
      where: `k.conrelid = 0 and k.contype <> 'n' and ${notHidden("k.conname")}`,
      parts: "'pg_constraint:' || k.oid",
      fact: "'constraint ' || quote_ident(k.conname)",
      value: words("pg_get_constraintdef(k.oid)", comment("pg_constraint", "k.oid")),
    },
    {
      // Named so that a renamed label is told from a new one.
      class: "pg_type",
      of: "e.enumtypid",
      from: "pg_enum e",
      parts: "'pg_enum:' || e.oid",
      fact: "'@label ' || quote_literal(e.enumlabel)",
      value: "''",
    },
  ],
};
