// Owns: one look at what the current transaction has done so far, in a single round trip: which
// system catalogs it changed, which of their rows are its own, what it has locked, and which user
// tables it wrote to. `observe.ts` draws the conclusions.
//
// Why it is complete. The server counts inserts, updates and deletes per catalog and transaction
// (pg_stat_get_xact_*); aborted subtransactions count too, so the counts may be too high, never too
// low. A row that was inserted or updated carries our transaction id (or a subtransaction's) in
// xmin and is found by it. A deleted row leaves nothing, but nothing can be dropped without a lock
// on it, or on the relation it is part of, that lasts to the end of the transaction.

import type { Session } from "../../dialect.ts";
import { ours } from "./family.ts";
import { pinned } from "./settings.ts";

/** Rows of a system catalog that belong to an object of a large family: `[catalog, class, oid]`. */
const rowsOf: [string, string, string][] = [
  ["pg_class", "pg_class", "oid"],
  ["pg_attrdef", "pg_class", "adrelid"],
  ["pg_constraint", "pg_class", "conrelid"],
  ["pg_constraint", "pg_type", "contypid"],
  ["pg_index", "pg_class", "indrelid"],
  ["pg_trigger", "pg_class", "tgrelid"],
  ["pg_rewrite", "pg_class", "ev_class"],
  ["pg_policy", "pg_class", "polrelid"],
  ["pg_inherits", "pg_class", "inhrelid"],
  ["pg_sequence", "pg_class", "seqrelid"],
  ["pg_foreign_table", "pg_class", "ftrelid"],
  ["pg_partitioned_table", "pg_class", "partrelid"],
  ["pg_type", "pg_type", "oid"],
  ["pg_enum", "pg_type", "enumtypid"],
  ["pg_range", "pg_type", "rngtypid"],
  ["pg_proc", "pg_proc", "oid"],
  ["pg_aggregate", "pg_proc", "aggfnoid::oid"],
];

/** Catalogs whose deletes concern large families; those of small ones are read anew as a whole. */
export const largeCatalogs = new Set([
  ...rowsOf.map(([catalog]) => catalog),
  "pg_attribute",
  "pg_description",
  "pg_seclabel",
]);

const moved = (catalog: string, what = "i + u") =>
  `exists (select from moved where name = '${catalog}' and ${what} > 0)`;

/**
 * Whether a visible row is our own. Its id must not be older than our top transaction's, compared
 * modulo 2^32 as ages. Younger ids that others committed since are told apart by their status,
 * which may only be asked for ids below the snapshot's end; a visible row above it can only be
 * ours, or one frozen so long ago that its id has come round again (then it is merely read anew).
 * 2^26 is more subtransactions than can be running at one time.
 */
const own = `age(xmin) <= (select high from own) and age(xmin) >= (select low from own)
  and case when age(xmin) > (select edge from own) then
    pg_catalog.pg_xact_status(((select top + high from own) - age(xmin))::text::xid8) = 'in progress'
    else true end`;

const ownRows = ([catalog, className, oid]: (typeof rowsOf)[number]) =>
  `select '${className}', ${oid} from pg_catalog.${catalog} where ${moved(catalog)} and ${own}`;

/** Comments and labels name their object by its catalog. */
const ownAnnotations = (catalog: string) =>
  `select (select relname::text from pg_catalog.pg_class c where c.oid = classoid), objoid
    from pg_catalog.${catalog} where ${moved(catalog)} and ${own}`;

/** Modes that a statement takes on a relation to change more than its rows. */
const ddlModes = `('ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock',
  'AccessExclusiveLock')`;

/**
 * pg_attribute is by far the largest catalog. When the rows of the relations found so far are as
 * many as the changes counted, there are no others, and it need not be read from end to end.
 */
const ownColumns = `select 'pg_class', attrelid from pg_catalog.pg_attribute
  where (select i + u from moved where name = 'pg_attribute') <> (
    select count(*) from pg_catalog.pg_attribute
    where attrelid = any (array(select oid from relations)) and ${own})
  and ${own}`;

/**
 * What is made of a query may print differently when a column is added to a table it reads
 * (aliases), so rules, policies and functions that depend on a changed relation are read anew.
 */
const readers = `select classid, objid from pg_catalog.pg_depend
    where refclassid = 1259 and refobjid = any (array(select oid from relations))
      and classid in (1247, 1255, 2618, 3256)
  union
  select d.classid, d.objid from readers r join pg_catalog.pg_depend d
    on d.refclassid = r.classid and d.refobjid = r.objid
    where r.classid in (1247, 1255) and d.classid in (1247, 1255, 2618, 3256)`;

function lookSql(catalogs: readonly string[], canFlush: boolean): string {
  const counted = catalogs.map((name) => `('${name}', 'pg_catalog.${name}'::regclass::oid)`);
  return `with recursive moved as materialized (
    select c.name, n.i, n.u, n.d from (values ${counted.join(", ")}) c (name, oid)
    cross join lateral (select pg_stat_get_xact_tuples_inserted(c.oid)::int4 as i,
      pg_stat_get_xact_tuples_updated(c.oid)::int4 as u,
      pg_stat_get_xact_tuples_deleted(c.oid)::int4 as d) n
    where n.i + n.u + n.d > 0
  ), own as materialized (
    select x.top::text::int8 as top, age(x.top::xid) as high, age(x.edge::xid) as edge,
      age(x.edge::xid)::int8 - 67108864 as low
    from (select pg_current_xact_id_if_assigned() as top,
      pg_snapshot_xmax(pg_current_snapshot()) as edge) x
  ), locks as materialized (
    select l.locktype, l.relation, l.classid, l.objid, l.mode from pg_catalog.pg_locks l
    where l.pid = pg_backend_pid() and l.locktype in ('relation', 'object')
  ), found (class, oid) as materialized (
    ${[...rowsOf.map(ownRows), ownAnnotations("pg_description"), ownAnnotations("pg_seclabel")].join("\nunion all\n")}
    union all select 'pg_class', relation from locks
      where locktype = 'relation' and mode in ${ddlModes} and exists (select from moved)
  ), relations as materialized (
    select distinct oid from found where class = 'pg_class' and oid <> 0
  ), columns (class, oid) as materialized (
    ${ownColumns}
  ), readers as (
    ${readers}
  )
  select 'count' as kind, name as class, 0::oid as oid, i, u, d, null as text from moved
  union all
  select 'tracking', '', 0, 0, 0, 0, current_setting('track_counts')
  union all
  select distinct 'found', class, oid, 0, 0, 0, null from (
    select * from found union all select * from columns
    union all select c.relname::text, r.objid from readers r join pg_catalog.pg_class c on c.oid = r.classid
    union all select c.relname::text, l.objid from locks l join pg_catalog.pg_class c on c.oid = l.classid
      where l.locktype = 'object' and exists (select from moved)
  ) f where oid <> 0
  union all
  select 'exists', 'pg_class', oid, 0, 0, 0, null from pg_catalog.pg_class
    where ${moved("pg_class", "u")} and ${own}
  union all
  select 'direct', c.relname::text, 0, 0, 0, 0, null from locks l join pg_catalog.pg_class c on c.oid = l.relation
    where l.mode = 'RowExclusiveLock' and c.oid < 16384
  union all
  select 'rows', '', c.oid, pg_stat_get_xact_tuples_inserted(c.oid)::int4,
      pg_stat_get_xact_tuples_updated(c.oid)::int4, pg_stat_get_xact_tuples_deleted(c.oid)::int4,
      quote_ident(n.nspname) || '.' || quote_ident(c.relname)
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.oid = any (array(select relation from locks where mode not in ('AccessShareLock', 'RowShareLock')))
      and c.relkind = 'r' and c.oid >= 16384 and ${ours("n.nspname")}
  union all
  select 'setting', p.name, 0, 0, 0, 0, p.value from (${pinned}) p where exists (select from moved)
  ${canFlush ? "union all select 'flush', '', 0, 0, 0, 0, pg_stat_force_next_flush()::text" : ""}`;
}
