// Owns: which other objects a DROP ... CASCADE takes along, walked as the server walks pg_depend.

import type { Loss, Undo } from "../../core/plan.ts";
import { othersBack } from "./constraint-back.ts";
import { isInternal } from "./internal-trigger.ts";
import type { Lookup } from "./kind.ts";
import { recreationOf } from "./objects/recreate.ts";
import { countRows } from "./row-count.ts";

/** An address as pg_depend has it; `subid` is an attribute number, 0 for the whole object. */
export interface Address {
  /** The catalog's name, e.g. `pg_class`. */
  catalog: string;
  oid: string;
  subid?: number;
}

export interface Dependent extends Record<string, unknown> {
  catalog: string;
  oid: string;
  subid: number;
  /** `view`, `table constraint`, `trigger`, ... in the server's words. */
  type: string;
  /** `view public.v`, `table constraint fk on public.orders`. */
  name: string;
}

/**
 * Objects that only CASCADE would take: reached over at least one normal dependency, and not part
 * of another one that is listed. A rule that makes a view leads to the view.
 */
const walk = `WITH RECURSIVE going(classid, objid, objsubid, cascaded) AS (
    SELECT $1::regclass::oid, $2::oid, $3::int, false
  UNION
    SELECT next.classid, next.objid, next.objsubid, next.cascaded FROM going g, LATERAL (
      SELECT d.classid, d.objid, d.objsubid, g.cascaded OR d.deptype = 'n' AS cascaded
        FROM pg_depend d
        WHERE d.refclassid = g.classid AND d.refobjid = g.objid
          AND (g.objsubid = 0 OR d.refobjsubid = g.objsubid) AND d.deptype IN ('n','a','i','P','S')
      UNION ALL
      SELECT d.refclassid, d.refobjid, 0, g.cascaded FROM pg_depend d
        WHERE d.classid = g.classid AND d.objid = g.objid AND d.deptype = 'i' AND g.cascaded
    ) next)
  SELECT DISTINCT g.classid::regclass::text AS catalog, g.objid::text AS oid, g.objsubid AS subid,
    o.type, o.type || ' ' || o.identity AS name
  FROM going g, LATERAL pg_identify_object(g.classid, g.objid, g.objsubid) o
  WHERE g.cascaded AND g.classid NOT IN ('pg_rewrite'::regclass, 'pg_attrdef'::regclass)
    AND NOT (g.classid = 'pg_trigger'::regclass
      AND EXISTS (SELECT FROM pg_trigger t WHERE t.oid = g.objid AND ${isInternal("t")}))
    AND NOT EXISTS (SELECT FROM going k WHERE NOT k.cascaded AND k.classid = g.classid
      AND k.objid = g.objid AND k.objsubid IN (0, g.objsubid))
    AND NOT EXISTS (SELECT FROM pg_depend d JOIN going k ON k.cascaded
        AND k.classid = d.refclassid AND k.objid = d.refobjid AND k.objsubid IN (0, d.refobjsubid)
      WHERE d.classid = g.classid AND d.objid = g.objid AND d.objsubid IN (0, g.objsubid)
        AND d.deptype IN ('i', 'a'))
    AND o.type IS NOT NULL
  ORDER BY name`;

export function dependentsOf(catalog: Lookup, address: Address): Promise<Dependent[]> {
  return catalog.rows<Dependent>(walk, [address.catalog, address.oid, address.subid ?? 0]);
}

/** What people are told of them. */
export async function cascadeLosses(
  catalog: Lookup,
  dependents: readonly Dependent[],
  of: string,
): Promise<Loss[]> {
  const losses: Loss[] = [];
  for (const { oid, type, name } of dependents) {
    const sql = name.slice(type.length + 1);
    // Children of a dropped parent go with their rows.
    const counted =
      type === "table" ? await countRows(catalog, { oid, sql, kind: "r" }) : undefined;
    const why = `CASCADE drops it with ${of}`;
    losses.push({ object: name, why, ...(counted ?? { rows: null }) });
  }
  return losses;
}

/**
 * The undo of a DROP ... CASCADE whose own object `again` brings back: the dependents are made
 * again from their definitions, or, if that cannot be done for all of them, named as lost.
 */
export async function recreateDependents(
  catalog: Lookup,
  address: Address,
  again: Undo,
  of: string,
): Promise<Undo> {
  const dependents = await dependentsOf(catalog, address);
  if (dependents.length === 0 || again.kind === "irreversible") return again;
  const roots = dependents.map(({ subid, ...each }) => ({ ...each, attribute: subid }));
  const others = await recreationOf(catalog, roots);
  const { impossible } = others;
  const all = [...again.sql, ...(await othersBack(catalog, others))];
  const losses = [
    ...(again.kind === "lossy" ? again.losses : []),
    ...(impossible === undefined ? [] : await cascadeLosses(catalog, dependents, of)),
  ];
  return losses.length === 0 ? { kind: "exact", sql: all } : { kind: "lossy", sql: all, losses };
}
