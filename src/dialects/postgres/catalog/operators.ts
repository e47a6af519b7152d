// Owns: what is read of operators, their classes and families, casts, collations and conversions.

import { type Family, flag, notMadeForType, words } from "./family.ts";

/** `'<kind> schema.name'`, for kinds without a reg type. */
const named = (kind: string, name: string) =>
  `'${kind} ' || quote_ident(n.nspname) || '.' || quote_ident(${name})`;

/** Operator families and classes have names per index access method. */
const using = (method: string) =>
  `' using ' || (select quote_ident(m.amname) from pg_am m where m.oid = ${method})`;

const procedure = (word: string, oid: string) =>
  `'${word} ' || nullif(${oid}::oid, 0)::regprocedure`;

const familyName = (oid: string) =>
  `(select quote_ident(fn.nspname) || '.' || quote_ident(f.opfname) from pg_opfamily f
     join pg_namespace fn on fn.oid = f.opfnamespace where f.oid = ${oid})`;

export const operators: Family = {
  classes: ["pg_operator", "pg_opfamily", "pg_opclass", "pg_cast", "pg_collation", "pg_conversion"],
  catalogs: ["pg_amop", "pg_amproc"],
  objects: [
    {
      class: "pg_operator",
      oid: "o.oid",
      from: "pg_operator o",
      schema: "o.oprnamespace",
      name: "'operator ' || o.oid::regoperator",
      facts: {
        owner: "o.oprowner::regrole::text",
        definition: words(
          procedure("function", "o.oprcode"),
          "'commutator ' || nullif(o.oprcom, 0)::regoperator",
          "'negator ' || nullif(o.oprnegate, 0)::regoperator",
          procedure("restrict", "o.oprrest"),
          procedure("join", "o.oprjoin"),
          flag("o.oprcanhash", "hashes"),
          flag("o.oprcanmerge", "merges"),
        ),
      },
    },
    {
      class: "pg_opfamily",
      oid: "o.oid",
      from: "pg_opfamily o",
      schema: "o.opfnamespace",
      name: `${named("operator family", "o.opfname")} || ${using("o.opfmethod")}`,
      facts: {
        owner: "o.opfowner::regrole::text",
        operators: `(select string_agg(concat_ws(' ', a.amopstrategy, a.amopopr::regoperator,
            'for order by ' || ${familyName("nullif(a.amopsortfamily, 0)")}), ', '
            order by a.amopstrategy, a.amopopr::regoperator::text collate "C")
          from pg_amop a where a.amopfamily = o.oid)`,
        functions: `(select string_agg(concat_ws(' ', a.amprocnum, format_type(a.amproclefttype, null),
            format_type(a.amprocrighttype, null), a.amproc::oid::regprocedure), ', '
            order by a.amprocnum, format_type(a.amproclefttype, null) collate "C",
              format_type(a.amprocrighttype, null) collate "C")
          from pg_amproc a where a.amprocfamily = o.oid)`,
      },
    },
    {
      class: "pg_opclass",
      oid: "o.oid",
      from: "pg_opclass o",
      schema: "o.opcnamespace",
      name: `${named("operator class", "o.opcname")} || ${using("o.opcmethod")}`,
      facts: {
        owner: "o.opcowner::regrole::text",
        definition: words(
          flag("o.opcdefault", "default"),
          "'for ' || format_type(o.opcintype, null)",
          `'family ' || ${familyName("o.opcfamily")}`,
          "'storage ' || format_type(nullif(o.opckeytype, 0), null)",
        ),
      },
    },
    {
      class: "pg_cast",
      oid: "k.oid",
      from: "pg_cast k",
      where: notMadeForType("pg_cast", "k.oid"),
      name: "'cast ' || format_type(k.castsource, null) || ' as ' || format_type(k.casttarget, null)",
      facts: {
        definition: words(
          `case k.castcontext when 'e' then 'explicit' when 'a' then 'assignment' else 'implicit' end`,
          `case k.castmethod when 'b' then 'binary' when 'i' then 'inout' else 'function' end`,
          "nullif(k.castfunc, 0)::regprocedure::text",
        ),
      },
    },
    {
      class: "pg_collation",
      oid: "c.oid",
      from: "pg_collation c",
      schema: "c.collnamespace",
      name: "'collation ' || c.oid::regcollation",
      facts: {
        owner: "c.collowner::regrole::text",
        // The column of ICU's locale has had three names (to 14, 15-16, 17 on); collversion is of
        // the machine, not of the schema.
        definition: words(
          "'provider ' || c.collprovider::text",
          flag("not c.collisdeterministic", "nondeterministic"),
          "'encoding ' || nullif(c.collencoding, -1)",
          "'collate ' || c.collcollate",
          "'ctype ' || c.collctype",
          "'locale ' || coalesce(to_jsonb(c) ->> 'colllocale', to_jsonb(c) ->> 'colliculocale')",
          "'rules ' || (to_jsonb(c) ->> 'collicurules')",
        ),
      },
    },
    {
      class: "pg_conversion",
      oid: "v.oid",
      from: "pg_conversion v",
      schema: "v.connamespace",
      name: named("conversion", "v.conname"),
      facts: {
        owner: "v.conowner::regrole::text",
        definition: words(
          "pg_encoding_to_char(v.conforencoding)::text",
          "'to ' || pg_encoding_to_char(v.contoencoding)",
          "'function ' || v.conproc::oid::regprocedure",
          flag("v.condefault", "default"),
        ),
      },
    },
  ],
  parts: [],
};
