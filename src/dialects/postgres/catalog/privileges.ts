// Owns: what is read of the database itself: its settings and privileges, default privileges, and
// privileges on objects of the server and of extensions, which are not objects of ours.

import { isOurSchema } from "../shelf-names.ts";
import { acl, type Family, notMember, type PartQuery, sortedAcl } from "./family.ts";

const thisDatabase = "d.datname = current_database()";

/** The database's name and owner are left out: a scratch copy has others. */
const database: Family["objects"][number] = {
  class: "pg_database",
  oid: "d.oid",
  from: "pg_database d",
  where: thisDatabase,
  builtIn: true,
  name: "'database'",
  facts: {
    acl: acl("d", "d.datacl", "d.datdba"),
    comment: `(select s.description from pg_shdescription s
      where s.classoid = 'pg_database'::regclass and s.objoid = d.oid)`,
  },
};

const settings: PartQuery = {
  class: "pg_database",
  of: "d.oid",
  from: `pg_db_role_setting s join pg_database d on d.oid = s.setdatabase
    cross join lateral unnest(s.setconfig) v (setting)`,
  where: thisDatabase,
  builtIn: true,
  parts: "null",
  fact: `'setting ' || split_part(v.setting, '=', 1)
    || case s.setrole when 0 then '' else ' of ' || s.setrole::regrole end`,
  value: "substr(v.setting, strpos(v.setting, '=') + 1)",
};

/** GRANT on what the server or an extension brought; pg_init_privs is how they brought it. */
function foreignAcl(className: string, kind: string, column: string, fact: string, where = "true") {
  const [privileges, owner] = [`o.${column}acl`, `o.${column}owner`];
  const given = sortedAcl(privileges);
  const brought = sortedAcl(`coalesce(i.initprivs, acldefault('${kind}', ${owner}))`);
  const part: PartQuery = {
    class: "pg_database",
    of: "d.oid",
    from: `${className} o cross join pg_database d
      left join pg_init_privs i on i.classoid = '${className}'::regclass and i.objoid = o.oid
        and i.objsubid = 0`,
    where: `${thisDatabase} and ${privileges} is not null and ${given} <> ${brought}
      and ${where} and (o.oid < 16384 or not ${notMember(className, "o.oid")})`,
    builtIn: true,
    parts: "null",
    fact: `'acl of ' || ${fact}`,
    value: given,
  };
  return part;
}

const defaults: Family["objects"][number] = {
  class: "pg_default_acl",
  oid: "p.oid",
  from: "pg_default_acl p left join pg_namespace s on s.oid = p.defaclnamespace",
  where: `(${isOurSchema("s.nspname")}) is not true`,
  name: `concat_ws(' ', 'default privileges of', p.defaclrole::regrole,
    'in schema ' || quote_ident(s.nspname), case p.defaclobjtype when 'r' then 'on tables'
    when 'S' then 'on sequences' when 'f' then 'on functions' when 'T' then 'on types'
    when 'n' then 'on schemas' when 'L' then 'on large objects' end)`,
  facts: {
    acl: `coalesce((select string_agg(i::text, ', ' order by i::text collate "C")
      from unnest(p.defaclacl) i), 'none')`,
  },
};

export const privileges: Family = {
  classes: ["pg_database", "pg_default_acl"],
  catalogs: ["pg_db_role_setting", "pg_shdescription", "pg_init_privs"],
  objects: [database, defaults],
  parts: [
    settings,
    foreignAcl("pg_proc", "f", "pro", "'function ' || o.oid::regprocedure"),
    // initdb grants on the information schema without recording it.
    foreignAcl(
      "pg_class",
      "r",
      "rel",
      "'relation ' || o.oid::regclass",
      "o.relkind <> 'S' and o.relnamespace <> 'information_schema'::regnamespace",
    ),
    foreignAcl("pg_type", "T", "typ", "'type ' || o.oid::regtype"),
    foreignAcl("pg_language", "l", "lan", "'language ' || quote_ident(o.lanname)"),
    foreignAcl("pg_foreign_data_wrapper", "F", "fdw", "'wrapper ' || quote_ident(o.fdwname)"),
  ],
};
