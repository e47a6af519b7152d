// Owns: finding the rows of the system catalogs that the current transaction has written, given
// which catalogs those are, and naming the objects they belong to.

import type { Session } from "../../dialect.ts";
import type { Look } from "./look.ts";

/** A catalog whose rows are objects of large families, or parts of them. */
interface Source {
  catalog: string;
  /** Expressions: system catalog and oid of the object. */
  className: string;
  oid: string;
  where?: string;
  /** Condition with an index behind it: the object is one of the relations found so far. */
  near?: string;
}

const among = (column: string) => `${column} = any (array(select oid from relations))`;

const ofRelation = (catalog: string, oid: string): Source => ({
  ...{ catalog, oid, className: "'pg_class'", near: among(oid) },
});

const ofType = (catalog: string, oid: string): Source => ({
  ...{ catalog, oid, className: "'pg_type'" },
});

/** Comments and labels name their object by its catalog. */
const annotations = (catalog: string): Source => ({
  ...{ catalog, className: "classoid::regclass::text", oid: "objoid" },
  near: `classoid = 1259 and ${among("objoid")}`,
});

const relationRows: Source = {
  ...{ catalog: "pg_class", className: "'pg_class'", oid: "oid", near: "oid = any ($4::oid[])" },
};

const objectRows: Source[] = [
  relationRows,
  {
    ...ofType("pg_type", "oid"),
    // Row types and array types are not objects: they come with what they are made from.
    where: `typoutput <> 'array_out'::regproc and (typtype <> 'c'
      or (select relkind = 'c' from pg_class where pg_class.oid = typrelid))`,
  },
  { catalog: "pg_proc", className: "'pg_proc'", oid: "oid" },
];

const partRows: Source[] = [
  ofRelation("pg_attribute", "attrelid"),
  ofRelation("pg_attrdef", "adrelid"),
  {
    ...ofRelation("pg_constraint", "conrelid"),
    className: "case conrelid when 0 then 'pg_type' else 'pg_class' end",
    oid: "greatest(conrelid, contypid)",
  },
  ofRelation("pg_index", "indrelid"),
  ofRelation("pg_trigger", "tgrelid"),
  ofRelation("pg_rewrite", "ev_class"),
  ofRelation("pg_policy", "polrelid"),
  ofRelation("pg_inherits", "inhrelid"),
  ofRelation("pg_sequence", "seqrelid"),
  ofRelation("pg_foreign_table", "ftrelid"),
  ofRelation("pg_partitioned_table", "partrelid"),
  ofType("pg_enum", "enumtypid"),
  ofType("pg_range", "rngtypid"),
  { catalog: "pg_aggregate", className: "'pg_proc'", oid: "aggfnoid::oid" },
  annotations("pg_description"),
  annotations("pg_seclabel"),
];

/** The system catalogs of large families. */
export const largeCatalogs: ReadonlySet<string> = new Set(
  [...objectRows, ...partRows].map(({ catalog }) => catalog),
);

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

/**
 * The own rows of a catalog. `counted` is how many changes of it were counted: when there are as
 * many own rows of the relations found so far, there are no others, and the catalog is not read
 * from end to end. (Those relations are known anyway, so their rows need not be returned.)
 */
function ownOf({ catalog, className, oid, where = "true", near }: Source, counted: string): string {
  const enough = `${counted} in (-1, (select count(*) from ${catalog} where ${near} and ${own}))`;
  return `select ${className}, ${oid} from ${catalog}
    where ${near === undefined ? "true" : `not ${enough}`} and ${own} and ${where}`;
}

const oidOf = "case class when 'pg_class' then 1259 when 'pg_type' then 1247 else 1255 end";

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

/** The table of an index that was hidden is not told by its identity, as that of a known index is. */
const indexed = `select 'found', 'pg_class', indrelid from pg_index
    where indexrelid = any (array(select oid from relations))`;

/** One query for the given catalogs; the planner would take its time over all of them. */
function sqlFor(catalogs: readonly string[]): string {
  const all = (sources: Source[]) =>
    sources
      .filter(({ catalog }) => catalogs.includes(catalog))
      .map((source) => ownOf(source, `($5::int4[])[${catalogs.indexOf(source.catalog) + 1}]`))
      .concat("select null::text, null::oid where false")
      .join("\nunion all\n");
  return `with recursive near as materialized (
    select oid from pg_class where ${relationRows.near} and ${own}
  ), written (class, oid) as materialized (
    select 'pg_class', oid from near union all ${all(objectRows)}
  ), relations as materialized (
    select oid from written where class = 'pg_class' union select * from unnest($4::oid[])
  ), readers as (
    ${readers}
  )
  select 'written' as kind, class, oid from written where oid >= 16384
  union all select 'found', * from (${all(partRows)}) parts (class, oid) where oid >= 16384
  union all select 'found', classid::regclass::text, objid from readers where classid <> 1247
  ${catalogs.includes("pg_class") ? `union all ${indexed}` : ""}
  union all select 'foreign', class, oid from written
    where class = any ($6::text[]) and $5::int4[] is not null and (oid < 16384 or exists (select from pg_depend e
      where e.classid = ${oidOf} and e.objid = written.oid and e.deptype = 'e'))`;
}

/** A statement per set of catalogs; a run meets few different ones. */
const statements = new Map<string, { name: string; sql: string }>();

function statementFor(catalogs: readonly string[]): { name: string; sql: string } {
  const key = catalogs.join();
  let statement = statements.get(key);
  if (statement === undefined) {
    statement = { name: `belay-own-rows-${statements.size + 1}`, sql: sqlFor(catalogs) };
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

/**
 * Under canonical settings. `columnGrants` false: nothing was granted or revoked on columns; all
 * else that changes a row of pg_attribute, by far the largest catalog, locks its relation.
 */
export async function ownRows(
  session: Session,
  look: Look,
  columnGrants: boolean,
): Promise<OwnRows> {
  const rows: OwnRows = { found: new Set(), written: new Set(), foreign: false };
  const changed = [...look.counts]
    .filter(([name, { inserted, updated }]) => largeCatalogs.has(name) && inserted + updated > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  if (look.xids === undefined || changed.length === 0) return rows;
  const { name, sql } = statementFor(changed.map(([catalog]) => catalog));
  const counted = changed.map(([catalog, { inserted, updated }]) =>
    catalog === "pg_attribute" && !columnGrants ? -1 : inserted + updated,
  );
  const updated = changed.filter(([, counts]) => counts.updated > 0).map(([catalog]) => catalog);
  const { top, high, edge } = look.xids;
  const result = await session.query<{ kind: string; class: string; oid: number }>(
    sql,
    [top, high, edge, look.relations, counted, updated],
    name,
  );
  for (const { kind, class: className, oid } of result) {
    if (kind === "foreign") rows.foreign = true;
    else rows.found.add(`${className}:${oid}`);
    if (kind === "written") rows.written.add(`${className}:${oid}`);
  }
  return rows;
}
