// Owns: finding the rows of the system catalogs that the current transaction has written, given
// which catalogs those are, and naming the objects they belong to.

import type { Session } from "../../dialect.ts";
import type { Look } from "./look.ts";

/** Rows of a catalog that are objects of a large family, or parts: `[catalog, class, oid, where]`. */
type Source = [catalog: string, className: string, oid: string, where?: string];

/** Row types and array types are not objects: they come with what they are made from. */
const standsAlone = `typoutput <> 'array_out'::regproc and (typtype <> 'c'
  or (select relkind = 'c' from pg_class where pg_class.oid = typrelid))`;

const objectSources: Source[] = [
  ["pg_class", "'pg_class'", "oid"],
  ["pg_type", "'pg_type'", "oid", standsAlone],
  ["pg_proc", "'pg_proc'", "oid"],
];

const partSources: Source[] = [
  ["pg_attrdef", "'pg_class'", "adrelid"],
  [
    "pg_constraint",
    "case conrelid when 0 then 'pg_type' else 'pg_class' end",
    "greatest(conrelid, contypid)",
  ],
  ["pg_index", "'pg_class'", "indrelid"],
  ["pg_trigger", "'pg_class'", "tgrelid"],
  ["pg_rewrite", "'pg_class'", "ev_class"],
  ["pg_policy", "'pg_class'", "polrelid"],
  ["pg_inherits", "'pg_class'", "inhrelid"],
  ["pg_sequence", "'pg_class'", "seqrelid"],
  ["pg_foreign_table", "'pg_class'", "ftrelid"],
  ["pg_partitioned_table", "'pg_class'", "partrelid"],
  ["pg_enum", "'pg_type'", "enumtypid"],
  ["pg_range", "'pg_type'", "rngtypid"],
  ["pg_aggregate", "'pg_proc'", "aggfnoid::oid"],
  // Comments and labels name their object by its catalog.
  ["pg_description", "classoid::regclass::text", "objoid"],
  ["pg_seclabel", "classoid::regclass::text", "objoid"],
];

/** The system catalogs of large families. */
export const largeCatalogs: ReadonlySet<string> = new Set([
  "pg_attribute",
  ...[...objectSources, ...partSources].map(([catalog]) => catalog),
]);

/**
 * Whether a visible row is our own. `$1` is our top transaction's id, `$2` its age, `$3` the age of
 * the end of the snapshot. Subtransactions have younger ids (ages are compared, so that it holds
 * when ids wrap around). Ids between that others committed since are told apart by their status,
 * which may only be asked for below the snapshot's end; a visible row above it can only be ours, or
 * one frozen so long ago that its id has come round again (then it is merely read anew). 2^26 is
 * more subtransactions than can be running at one time.
 */
const own = `age(xmin) <= $2 and age(xmin) >= $3::int8 - 67108864
  and case when age(xmin) > $3 then
    pg_xact_status(($1::int8 + $2 - age(xmin))::text::xid8) = 'in progress' else true end`;

const ownOf = ([catalog, className, oid, where = "true"]: Source) =>
  `select ${className}, ${oid} from ${catalog} where ${own} and ${where}`;

const oidOf = "case class when 'pg_class' then 1259 when 'pg_type' then 1247 else 1255 end";

/**
 * pg_attribute is by far the largest catalog. When the rows of the relations found so far are as
 * many as the changes counted (`$5`), there are no others, and it is not read from end to end.
 * Nor is it when the caller knows that nothing was granted on columns (`$5` is 0): all else that
 * changes a column locks its relation.
 */
const ownColumns = `select 'pg_class', attrelid from pg_attribute
  where $5 <> (select count(*) from pg_attribute where attrelid = any (array(select oid from relations)) and ${own})
    and ${own}`;

/**
 * What is made of a query may print differently when a column is added to a table it reads
 * (aliases), so rules, policies and functions that depend on a changed relation are read anew;
 * some of them by way of its row type.
 */
const readers = `select d.classid, d.objid from pg_depend d
    where d.refclassid = 1259 and d.refobjid = any (array(select oid from relations))
      and d.classid in (1247, 1255, 2618, 3256)
  union
  select d.classid, d.objid from readers r join pg_depend d
    on d.refclassid = r.classid and d.refobjid = r.objid
    where r.classid in (1247, 1255) and d.classid in (1247, 1255, 2618, 3256)`;

/** One query for the given catalogs; the planner would take its time over all of them. */
function sqlFor(catalogs: ReadonlySet<string>): string {
  const has = ([catalog]: Source) => catalogs.has(catalog);
  const nothing = "select null::text, null::oid where false";
  const all = (sources: string[]) =>
    sources.length === 0 ? nothing : sources.join("\nunion all\n");
  return `with recursive written (class, oid) as materialized (
    ${all(objectSources.filter(has).map(ownOf))}
  ), found (class, oid) as materialized (
    select * from written
    union all ${all(partSources.filter(has).map(ownOf))}
  ), relations as materialized (
    select oid from found where class = 'pg_class' and oid >= 16384
    union select * from unnest($4::oid[])
  ), columns (class, oid) as (
    ${catalogs.has("pg_attribute") ? ownColumns : nothing}
  ), readers as (
    ${readers}
  )
  select 'found' as kind, class, oid from found where oid >= 16384
  union all select distinct 'found', class, oid from columns where $5 <> 0
  union all select 'found', classid::regclass::text, objid from readers where classid <> 1247
  union all select 'written', class, oid from written
  union all select 'foreign', class, oid from written
    where class = any ($6::text[]) and (oid < 16384 or exists (select from pg_depend e
      where e.classid = ${oidOf} and e.objid = written.oid and e.deptype = 'e'))`;
}

/** A statement per set of catalogs; a run meets few different ones. */
const statements = new Map<string, { name: string; sql: string }>();

function statementFor(catalogs: readonly string[]): { name: string; sql: string } {
  const key = catalogs.join();
  let statement = statements.get(key);
  if (statement === undefined) {
    statement = { name: `belay-own-rows-${statements.size + 1}`, sql: sqlFor(new Set(catalogs)) };
    statements.set(key, statement);
  }
  return statement;
}

export interface OwnRows {
  /** Identities of objects, and of parts of objects, that were written, or read what was. */
  found: Set<string>;
  /** Of objects whose own row was written. */
  written: Set<string>;
  /** An existing one of those is the server's or an extension's. */
  foreign: boolean;
}

/** Under canonical settings. */
export async function ownRows(
  session: Session,
  look: Look,
  columnGrants: boolean,
): Promise<OwnRows> {
  const rows: OwnRows = { found: new Set(), written: new Set(), foreign: false };
  const written = [...look.counts].filter(
    ([name, { inserted, updated }]) => largeCatalogs.has(name) && inserted + updated > 0,
  );
  if (look.xids === undefined || written.length === 0) return rows;
  const { name, sql } = statementFor(written.map(([catalog]) => catalog).sort());
  const { inserted = 0, updated = 0 } = look.counts.get("pg_attribute") ?? {};
  const changed = written.filter(([, counts]) => counts.updated > 0).map(([catalog]) => catalog);
  const { top, high, edge } = look.xids;
  const result = await session.query<{ kind: string; class: string; oid: number }>(
    sql,
    [top, high, edge, look.relations, columnGrants ? inserted + updated : 0, changed],
    name,
  );
  for (const { kind, class: className, oid } of result) {
    if (kind === "found") rows.found.add(`${className}:${oid}`);
    else if (kind === "written") rows.written.add(`${className}:${oid}`);
    else rows.foreign = true;
  }
  return rows;
}
