// Owns: all that goes when objects are dropped, in an order in which it can be made again.

import type { Lookup } from "../kind.ts";
import { type Found, identityColumns } from "./found.ts";

/** An object that goes. */
export interface Going extends Found {
  /** Catalog, oid, attribute. */
  key: string;
  /** The key of the object that this one is an inner part of (a view's rule); its own otherwise. */
  of: string;
  /** The keys of those with which it goes by itself, without CASCADE and without a DROP of its own. */
  tiedTo: string[];
  /** The keys of those that go on which it depends itself. */
  needs: string[];
}

interface Edge {
  to: string;
  /** `pg_depend.deptype`. */
  type: string;
}

interface Row extends Found {
  edges: Edge[];
}

/**
 * Down along pg_depend to what depends on it, and up from an inner part to what it is a part of, as
 * the server walks it. Columns are rows of pg_class with an attribute number.
 */
const walk = `
  WITH RECURSIVE going(classid, objid, objsubid) AS (
    SELECT r.catalog::regclass::oid, r.oid, r.attribute
      FROM unnest($1::text[], $2::oid[], $3::int[]) r(catalog, oid, attribute)
    UNION
    SELECT next.classid, next.objid, next.objsubid FROM going g, LATERAL (
      SELECT d.classid, d.objid, d.objsubid FROM pg_depend d
        WHERE d.refclassid = g.classid AND d.refobjid = g.objid
          AND (g.objsubid = 0 OR d.refobjsubid = g.objsubid)
      UNION ALL
      SELECT d.refclassid, d.refobjid, d.refobjsubid FROM pg_depend d
        WHERE d.classid = g.classid AND d.objid = g.objid AND d.objsubid IN (0, g.objsubid)
          AND d.deptype IN ('i', 'e')
    ) next),
  whole AS (
    SELECT DISTINCT classid, objid, objsubid FROM going g
    WHERE objsubid = 0 OR NOT EXISTS (SELECT FROM going w
      WHERE w.classid = g.classid AND w.objid = g.objid AND w.objsubid = 0)),
  a AS (SELECT classid::regclass::text AS catalog, objid AS oid, objsubid AS attribute, classid FROM whole)
  SELECT a.catalog, a.oid::text, a.attribute, ${identityColumns},
    coalesce((SELECT jsonb_agg(jsonb_build_object(
      'to', concat_ws(' ', w.classid::regclass, w.objid, w.objsubid), 'type', d.deptype))
      FROM pg_depend d JOIN whole w ON w.classid = d.refclassid AND w.objid = d.refobjid
        AND w.objsubid IN (0, d.refobjsubid)
      WHERE d.classid = a.classid AND d.objid = a.oid AND NOT (w.classid = a.classid AND w.objid = a.oid)), '[]') AS edges
  FROM a, LATERAL pg_identify_object(a.classid, a.oid, a.attribute) o
  WHERE o.identity IS NOT NULL AND o.schema IS DISTINCT FROM 'pg_toast' ORDER BY a.oid`;

/** In an order in which they can be made again; undefined: they depend on each other in a circle. */
export type Order = Going[] | undefined;

export async function goingWith(
  catalog: Lookup,
  roots: readonly Pick<Found, "catalog" | "oid" | "attribute">[],
): Promise<{ all: Going[]; ordered: Order }> {
  const rows = await catalog.rows<Row>(walk, [
    roots.map((root) => root.catalog),
    roots.map(({ oid }) => oid),
    roots.map(({ attribute }) => attribute),
  ]);
  const edges = new Map(rows.map((row) => [keyOf(row), row.edges]));
  const wholes = new Map<string, string>();
  for (const key of edges.keys()) wholes.set(key, wholeOf(key, edges));
  const going = new Map(
    rows.map(({ edges: own, ...found }) => {
      const key = keyOf(found);
      const tiedTo = own.filter(({ type }) => type !== "n").map(({ to }) => to);
      const needs = own.map(({ to }) => to);
      return [key, { ...found, key, of: wholes.get(key) ?? key, tiedTo, needs }];
    }),
  );
  const order = inOrder(rows.map(keyOf), edges, wholes);
  return {
    all: [...going.values()],
    ordered: order?.flatMap((key) => going.get(key) ?? []),
  };
}

function keyOf({ catalog, oid, attribute }: Pick<Found, "catalog" | "oid" | "attribute">): string {
  return `${catalog} ${oid} ${attribute}`;
}

/** Follows inner dependencies and extension membership up to what stands by itself. */
function wholeOf(key: string, edges: ReadonlyMap<string, Edge[]>): string {
  const seen = new Set<string>();
  let whole = key;
  while (!seen.has(whole)) {
    seen.add(whole);
    // What makes up an operator class comes with it, however loosely the server ties it.
    const loose = /^pg_am(op|proc) /.test(whole);
    const up = edges.get(whole)?.find(({ type }) => "ie".includes(type) || (loose && type === "a"));
    if (up === undefined) break;
    whole = up.to;
  }
  return whole;
}

/** What is depended on first; parts stand with their wholes. */
function inOrder(
  keys: readonly string[],
  edges: ReadonlyMap<string, Edge[]>,
  wholes: ReadonlyMap<string, string>,
): string[] | undefined {
  const whole = (key: string) => wholes.get(key) ?? key;
  const parts = new Map<string, string[]>();
  const needs = new Map<string, Set<string>>();
  for (const key of keys) {
    parts.set(whole(key), [...(parts.get(whole(key)) ?? []), key]);
    const needed = needs.get(whole(key)) ?? new Set();
    for (const { to } of edges.get(key) ?? []) if (whole(to) !== whole(key)) needed.add(whole(to));
    needs.set(whole(key), needed);
  }
  const order: string[] = [];
  const done = new Set<string>();
  while (done.size < parts.size) {
    const ready = [...parts.keys()].find(
      (key) => !done.has(key) && [...(needs.get(key) ?? [])].every((need) => done.has(need)),
    );
    if (ready === undefined) return undefined;
    done.add(ready);
    order.push(...(parts.get(ready) ?? []));
  }
  return order;
}
