// Owns: all that goes when objects are dropped, in an order in which it can be made again.

import type { Lookup } from "../kind.ts";
import { type Found, identityColumns, isLasting } from "./found.ts";

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
  /** Kind of dependency, catalog, oid, attribute number: of all that it depends on. */
  needs: string[];
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
    SELECT DISTINCT classid, objid, objsubid FROM going
    WHERE objsubid = 0 OR (classid, objid) NOT IN (SELECT classid, objid FROM going WHERE objsubid = 0)),
  a AS (SELECT w.classid::regclass::text AS catalog, w.objid AS oid, w.objsubid AS attribute, w.classid FROM whole w)
  SELECT a.catalog, a.oid::text, a.attribute, ${identityColumns}, ARRAY(
      SELECT concat_ws(' ', d.deptype, d.refclassid::regclass, d.refobjid, d.refobjsubid) FROM pg_depend d
      WHERE d.classid = a.classid AND d.objid = a.oid AND (a.attribute = 0 OR d.objsubid = a.attribute)) AS needs
  FROM a, LATERAL pg_identify_object(a.classid, a.oid, a.attribute) o
  WHERE o.identity IS NOT NULL AND o.schema IS DISTINCT FROM 'pg_toast' AND ${isLasting} ORDER BY a.oid`;

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
  const edges = edgesOf(rows);
  const wholes = new Map<string, string>();
  for (const key of edges.keys()) wholes.set(key, wholeOf(key, edges));
  const going = new Map(
    rows.map(({ needs: _, ...found }) => {
      const key = keyOf(found);
      const own = edges.get(key) ?? [];
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

/** Between those that go; what is said of a column is said of its table, when that goes. */
function edgesOf(rows: readonly Row[]): Map<string, Edge[]> {
  const keys = new Set(rows.map(keyOf));
  return new Map(
    rows.map((row) => {
      const own = keyOf(row);
      const edges = row.needs.flatMap((need): Edge[] => {
        const [type = "", catalog, oid, attribute] = need.split(" ");
        const to = [0, attribute].map((number) => `${catalog} ${oid} ${number}`);
        const target = to.find((key) => keys.has(key));
        return target === undefined || target === own ? [] : [{ to: target, type }];
      });
      return [own, edges];
    }),
  );
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
    const isMember = /^pg_am(op|proc) /.test(whole);
    const up = edges
      .get(whole)
      ?.find(
        ({ to, type }) =>
          "ie".includes(type) || (isMember && type === "a" && /^pg_op(class|family) /.test(to)),
      );
    if (up === undefined) break;
    whole = up.to;
  }
  return whole;
}

/** What is depended on first; parts stand with their wholes. Undefined: in a circle. */
function inOrder(
  keys: readonly string[],
  edges: ReadonlyMap<string, Edge[]>,
  wholes: ReadonlyMap<string, string>,
): string[] | undefined {
  const parts = new Map<string, string[]>();
  for (const key of keys) addTo(parts, wholes.get(key) ?? key, key);
  const { needs, neededBy } = needsOf(parts, edges, wholes);
  const order: string[] = [];
  const ready = [...parts.keys()].filter((key) => needs.get(key)?.size === 0);
  // Grows while it is walked.
  for (const key of ready) {
    order.push(...(parts.get(key) ?? []));
    for (const waiting of neededBy.get(key) ?? []) {
      needs.get(waiting)?.delete(key);
      if (needs.get(waiting)?.size === 0) ready.push(waiting);
    }
  }
  return order.length === keys.length ? order : undefined;
}

/** Between wholes. */
function needsOf(
  parts: ReadonlyMap<string, string[]>,
  edges: ReadonlyMap<string, Edge[]>,
  wholes: ReadonlyMap<string, string>,
): { needs: Map<string, Set<string>>; neededBy: Map<string, string[]> } {
  const needs = new Map<string, Set<string>>();
  const neededBy = new Map<string, string[]>();
  for (const [whole, keys] of parts) {
    const targets = keys.flatMap((key) => edges.get(key) ?? []);
    const needed = new Set(targets.map(({ to }) => wholes.get(to) ?? to));
    needed.delete(whole);
    needs.set(whole, needed);
    for (const need of needed) addTo(neededBy, need, whole);
  }
  return { needs, neededBy };
}

function addTo(lists: Map<string, string[]>, key: string, item: string): void {
  const list = lists.get(key);
  if (list) list.push(item);
  else lists.set(key, [item]);
}
