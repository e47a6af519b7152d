// Owns: the shape of a catalog family, and the pieces of SQL that all families share. A family is
// data: which rows of the system catalogs are objects, which are parts of objects, and what text
// says everything about them. `extract.ts` runs them. What is hidden for an undo is in none of them.

import { isHidden, isOurSchema } from "../shelf-names.ts";

/** Objects that stand by themselves: one row of `from` is one object. */
export interface ObjectQuery {
  /** System catalog whose oid is the identity. */
  class: string;
  oid: string;
  /** Without a namespace condition; see `schema`. */
  from: string;
  where?: string;
  /** Expression for the object's schema oid; absent: the kind has no schemas. */
  schema?: string;
  /** Server's own objects are left out by their low oid; true keeps them. */
  builtIn?: boolean;
  name: string;
  facts: Record<string, string>;
  /** Unhashed: the file that holds its rows. */
  storage?: string;
  /** Unhashed: identities of catalog rows that are part of the object's own facts. */
  parts?: string;
}

/** Parts of objects: one row of `from` is one fact of the object `of`. */
export interface PartQuery {
  /** System catalog of the object that owns the part. */
  class: string;
  /** Expression: oid of the object. */
  of: string;
  from: string;
  where?: string;
  /** Expression: identities of the part, space-separated. */
  parts: string;
  fact: string;
  value: string;
  /** As for objects. */
  builtIn?: boolean;
}

export interface Family {
  /** System catalogs of its objects. */
  classes: string[];
  /** Other system catalogs whose rows its facts come from; default none. */
  catalogs?: string[];
  objects: ObjectQuery[];
  parts: PartQuery[];
}

/** All system catalogs that its facts come from; comments and labels apart. */
export function catalogsOf({ classes, catalogs = [] }: Family): string[] {
  return [...classes, ...catalogs];
}

/** A row of every family's query. */
export interface FactRow extends Record<string, unknown> {
  class: string;
  oid: number;
  parts: string | null;
  /** Empty: `value` is the object's name. */
  fact: string;
  value: string;
}

/** Which objects a query reads: all, or those whose oids are in `$1`. */
export type Scope = "all" | "some";

/** Objects of initdb have oids below this; FirstNormalObjectId of access/transam.h. */
export const firstNormalOid = 16384;

/** Our own schema and those whose contents are the server's or a session's. */
export const ours = (name: string) =>
  `${name} not in ('pg_catalog', 'information_schema', 'pg_toast')
   and ${name} !~ '^pg_(toast_)?temp_' and not ${isOurSchema(name)}`;

/** Of an object that is not hidden for an undo; `name` may be null. */
export const notHidden = (name: string) => `(${isHidden(name)}) is not true`;

/** Attributes that are columns to users: neither the server's, nor dropped, nor hidden. */
export const isColumn = (attribute: string) =>
  `${attribute}.attnum > 0 and not ${attribute}.attisdropped and not ${isHidden(`${attribute}.attname`)}`;

/** Whether a relation or function of the given oid is in one of our schemas. */
export const inOurSchema = (className: "pg_class" | "pg_proc", oid: string) => {
  const schema = className === "pg_class" ? "relnamespace" : "pronamespace";
  return isOurSchema(
    `(select o.${schema}::regnamespace::text from pg_catalog.${className} o where o.oid = ${oid})`,
  );
};

const hiddenWord = `(belay_[0-9a-f]{8}_[a-z0-9_]*|"belay_[0-9a-f]{8}_([^"]|"")*")`;

/**
 * A query as the server writes it, without hidden columns. Where names would be ambiguous it lists
 * the aliases of all columns of a table, also of those that the query does not read.
 */
export const shownQuery = (definition: string) =>
  `(select case when strpos(q, 'belay_') > 0
      then regexp_replace(q, '(?<=\\()(${hiddenWord}, )+|, ${hiddenWord}(?=[,)])', '', 'g') else q end
    from cast(${definition} as text) q)`;

/** Members of extensions come and go with the extension, which is an object itself. */
export const notMember = (className: string, oid: string) =>
  `not exists (select from pg_depend e where e.classid = '${className}'::regclass
     and e.objid = ${oid} and e.deptype = 'e')`;

/** What the server made for a type (constructors of ranges, their cast to multiranges) is the type's. */
export const notMadeForType = (className: string, oid: string) =>
  `not exists (select from pg_depend i where i.classid = '${className}'::regclass
     and i.objid = ${oid} and i.deptype = 'i' and i.refclassid = 'pg_type'::regclass)`;

/** Sorted access privileges; null when they are what the owner has by default. */
export function acl(kind: string, privileges: string, owner: string): string {
  const usual = `acldefault('${kind}', ${owner})`;
  return `case when ${privileges} is not null
    and not (${privileges} @> ${usual} and ${privileges} <@ ${usual}) then ${sortedAcl(privileges)} end`;
}

export const sortedAcl = (privileges: string) =>
  `coalesce((select string_agg(i::text, ', ' order by i::text collate "C")
     from unnest(${privileges}) i), 'none')`;

/** Sorted `name=value` options. */
export const options = (list: string) =>
  `case when ${list} is not null then
     (select string_agg(o, ', ' order by o collate "C") from unnest(${list}) o) end`;

/** For facts of parts; objects get theirs from `comments` below. */
export const comment = (className: string, oid: string, number = "0") =>
  `(select 'comment ' || quote_literal(d.description) from pg_description d
     where d.classoid = '${className}'::regclass and d.objoid = ${oid} and d.objsubid = ${number})`;

/** A flag as a fact: the word, or nothing. */
export const flag = (condition: string, word: string) =>
  `case when ${condition} then '${word}' end`;

export const either = (condition: string, yes: string, no: string) =>
  `case when ${condition} then '${yes}' else '${no}' end`;

/** Text of the words that are not null. */
export const words = (...parts: string[]) => `concat_ws(' ', ${parts.join(",\n    ")})`;

function objectSql(query: ObjectQuery, scope: Scope): string {
  const facts = Object.entries({
    "": query.name,
    ...query.facts,
    ...(query.storage === undefined ? {} : { "@storage": query.storage }),
    ...(query.parts === undefined ? {} : { "@parts": query.parts }),
  }).map(([fact, value]) => `('${fact}', ${value})`);
  const where = [
    query.where ?? "true",
    scope === "some" ? `${query.oid} = any ($1::oid[])` : "true",
    query.builtIn === true ? "true" : `${query.oid} >= ${firstNormalOid}`,
    notMember(query.class, query.oid),
    "z.value is not null",
  ];
  const schema =
    query.schema === undefined
      ? ""
      : `join pg_namespace n on n.oid = ${query.schema} and ${ours("n.nspname")}`;
  return `select '${query.class}' as class, ${query.oid} as oid, null as parts, z.fact, z.value
    from ${query.from} ${schema}
    cross join lateral (values ${facts.join(",\n    ")}) z (fact, value)
    where ${where.join("\n    and ")}`;
}

function partSql(query: PartQuery, scope: Scope): string {
  const where = [
    query.where ?? "true",
    scope === "some" ? `${query.of} = any ($1::oid[])` : "true",
    query.builtIn === true || scope === "some" ? "true" : `${query.of} >= ${firstNormalOid}`,
  ];
  return `select '${query.class}', ${query.of}, ${query.parts}, ${query.fact}, ${query.value}
    from ${query.from}
    where ${where.join("\n    and ")}`;
}

/** Comments and security labels work alike for all objects. */
function annotationSql({ classes, objects }: Family, scope: Scope): string[] {
  const list = classes.map((name) => `'${name}'::regclass`).join(", ");
  const which = scope === "some" ? "and objoid = any ($1::oid[])" : "";
  const keep = objects.some((query) => query.builtIn) || scope === "some";
  const builtIn = keep ? "" : `and objoid >= ${firstNormalOid}`;
  return [
    `select classoid::regclass::text, objoid, null, 'comment', description
      from pg_description where objsubid = 0 and classoid in (${list}) ${which} ${builtIn}`,
    `select classoid::regclass::text, objoid, null,
        concat_ws(' ', 'security label', provider, 'of column ' || quote_ident(a.attname)), label
      from pg_seclabel left join pg_attribute a
        on classoid = 'pg_class'::regclass and attrelid = objoid and attnum = objsubid and attnum > 0
      where classoid in (${list}) ${which} ${builtIn} and ${notHidden("a.attname")}`,
  ];
}

const texts: Record<Scope, WeakMap<Family, string>> = { all: new WeakMap(), some: new WeakMap() };

/** One query for all objects of a family, or for those in `$1`. */
export function sqlOf(family: Family, scope: Scope): string {
  const known = texts[scope].get(family) ?? buildSql(family, scope);
  texts[scope].set(family, known);
  return known;
}

function buildSql(family: Family, scope: Scope): string {
  return [
    ...family.objects.map((query) => objectSql(query, scope)),
    ...family.parts.map((query) => partSql(query, scope)),
    ...annotationSql(family, scope),
  ].join("\nunion all\n");
}
