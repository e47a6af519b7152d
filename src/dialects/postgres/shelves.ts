// Owns: what is on shelves, and the statements that destroy it. Everything is found by its reserved
// name, so that it does not matter what later migrations did with the tables it is in.

import type { Shelved } from "../dialect.ts";
import { dependentsOf } from "./dependents.ts";
import type { Lookup } from "./kind.ts";
import { quote } from "./names.ts";
import { type Found, identityColumns, wordOf } from "./objects/found.ts";
import { isHidden, reservedName, shelfSchema } from "./shelf-names.ts";

interface Column extends Record<string, unknown> {
  shelf: string;
  oid: string;
  number: number;
  /** Qualified, quoted. */
  table: string;
  /** The table's own name. */
  relation: string;
  name: string;
}

/** Columns that are hidden in their tables; those of children go with their parent's. */
export function columnsOn(catalog: Lookup, shelves: readonly string[]): Promise<Column[]> {
  return catalog.rows<Column>(
    `SELECT substring(a.attname from 7 for 8) AS shelf, format('%I.%I', n.nspname, c.relname) AS table,
       c.relname::text AS relation, c.oid::text, a.attnum AS number, a.attname::text AS name
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p')
       JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE a.attname ~ '^belay_[0-9a-f]{8}_' AND substring(a.attname from 7 for 8) = ANY ($1::text[])
       AND NOT a.attisdropped AND a.attinhcount = 0
     ORDER BY 2, a.attnum`,
    [shelves],
  );
}

/** Triggers that keep a hidden column right. */
function triggersOn(catalog: Lookup, shelves: readonly string[]): Promise<Column[]> {
  return catalog.rows<Column>(
    `SELECT substring(g.tgname from 7 for 8) AS shelf, format('%I.%I', n.nspname, c.relname) AS table,
       g.tgname::text AS name
     FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE ${isHidden("g.tgname")} AND substring(g.tgname from 7 for 8) = ANY ($1::text[])
       AND NOT g.tgisinternal AND g.tgparentid = 0
     ORDER BY 2, 3`,
    [shelves],
  );
}

interface Resident extends Found {
  shelf: string;
  /** `pg_class.relkind`; null for what is no relation. */
  kind: string | null;
  bytes: string;
  /** Of a table of our own: what is in it. */
  holds: string | null;
}

/**
 * What depends on shelf schemas, so that DROP SCHEMA is not refused for a sort that nobody thought of;
 * without what goes with another one there, as partitions do. A partitioned table's key columns lean on
 * the table itself, which is no other one.
 */
export function residentsOf(catalog: Lookup, shelves: readonly string[]): Promise<Resident[]> {
  return catalog.rows<Resident>(
    `SELECT substring(a.shelf from 13) AS shelf, a.catalog, a.oid::text, 0 AS attribute, ${identityColumns},
       (SELECT relkind::text FROM pg_class WHERE a.catalog = 'pg_class' AND pg_class.oid = a.oid) AS kind,
       CASE WHEN a.catalog = 'pg_class' THEN (SELECT coalesce(sum(pg_total_relation_size(oid)), 0) FROM (
           SELECT a.oid UNION SELECT relid FROM pg_partition_tree(a.oid)) part(oid)) ELSE 0 END::text AS bytes,
       CASE WHEN a.catalog = 'pg_class' AND ${isHidden("o.name")} THEN obj_description(a.oid, 'pg_class') END AS holds
     FROM (SELECT n.nspname AS shelf, k.relname::text AS catalog, s.objid AS oid FROM pg_namespace n
         JOIN pg_depend s ON s.refclassid = 'pg_namespace'::regclass AND s.refobjid = n.oid AND s.deptype = 'n'
         JOIN pg_class k ON k.oid = s.classid
         WHERE n.nspname = ANY ($1::text[]) AND NOT EXISTS (SELECT FROM pg_depend d
           JOIN pg_depend there ON there.classid = d.refclassid AND there.objid = d.refobjid
             AND there.refclassid = s.refclassid AND there.refobjid = s.refobjid AND there.deptype = 'n'
           WHERE d.classid = s.classid AND d.objid = s.objid AND d.objsubid = 0 AND d.deptype IN ('a', 'i', 'P')
             AND (d.refclassid, d.refobjid) <> (d.classid, d.objid))
       ) a, LATERAL pg_identify_object(a.catalog::regclass, a.oid, 0) o
     ORDER BY a.catalog, a.oid`,
    [shelves.map(shelfSchema)],
  );
}

export async function shelvedOn(catalog: Lookup, shelves: readonly string[]): Promise<Shelved[]> {
  if (shelves.length === 0) return [];
  const columns = (await columnsOn(catalog, shelves)).map((column) => ({
    ...{ shelf: column.shelf, bytes: 0, object: columnShown(column) },
  }));
  const residents = (await residentsOf(catalog, shelves)).filter(isKept).map((resident) => ({
    ...{ shelf: resident.shelf, bytes: Number(resident.bytes), object: residentShown(resident) },
  }));
  return [...columns, ...residents];
}

/** Not what Belay has there for itself. */
export const isKept = ({ catalog, name }: Resident) =>
  catalog !== "pg_proc" || !reservedName.test(name ?? "");

export function columnShown({ table, name }: Column): string {
  return `column ${table}.${name.slice("belay_00000000_".length)}`;
}

export function residentShown({ type, identity, holds }: Resident): string {
  return holds ?? `${type} ${identity.replaceAll(/\bbelay_shelf_[0-9a-f]{8}\./g, "")}`;
}

/** Those on the same shelf go together, and are no obstacle. */
export async function dependentsOnShelf(catalog: Lookup, shelf: string) {
  const columns = await columnsOn(catalog, [shelf]);
  const residents = await residentsOf(catalog, [shelf]);
  const together = new Set(residents.map(({ oid }) => oid));
  const things = [
    ...columns.map((each) => ({
      object: columnShown(each),
      address: { catalog: "pg_class", oid: each.oid, subid: each.number },
    })),
    ...residents.map((each) => ({ object: residentShown(each), address: each })),
  ];
  const used: { object: string; by: string[] }[] = [];
  for (const { object, address } of things) {
    const all = await dependentsOf(catalog, address);
    const by = all.filter(({ oid }) => !together.has(oid)).map(({ name }) => name);
    if (by.length > 0) used.push({ object, by });
  }
  return used;
}

export async function destructionOf(
  catalog: Lookup,
  shelves: readonly string[],
): Promise<string[]> {
  if (shelves.length === 0) return [];
  const columns = await columnsOn(catalog, shelves);
  const residents = await residentsOf(catalog, shelves);
  const triggers = await triggersOn(catalog, shelves);
  const bySort = new Map<string, string[]>([["TABLE", []]]);
  for (const { catalog: of, type, identity } of residents) {
    const sort = of === "pg_proc" ? "ROUTINE" : wordOf(type);
    bySort.set(sort, [...(bySort.get(sort) ?? []), identity]);
  }
  const schemas = await catalog.rows<{ name: string }>(
    "SELECT nspname::text AS name FROM pg_namespace WHERE nspname = ANY ($1::text[]) ORDER BY 1",
    [shelves.map(shelfSchema)],
  );
  return [
    ...triggers.map(({ table, name }) => `DROP TRIGGER ${quote(name)} ON ${table}`),
    ...columns.map(({ table, name }) => `ALTER TABLE ${table} DROP COLUMN ${quote(name)}`),
    // Those of one sort together: keys lead from one table to another, and types stand on types.
    ...[...bySort].flatMap(([sort, all]) =>
      all.length === 0 ? [] : `DROP ${sort} ${all.join(", ")}`,
    ),
    ...schemas.map(({ name }) => `DROP SCHEMA ${quote(name)}`),
  ];
}
