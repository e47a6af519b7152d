// Owns: taking a value out of an enum again. The server cannot drop one, so the type is made anew
// without it and every column that uses it changes over, which rewrites those tables. Where a row
// holds the value by then, the type stays as it is, and a line in `belay.conflict` says so.

import { exactly, type Undo } from "../../../core/plan.ts";
import type { Lookup } from "../kind.ts";
import { literal, quote } from "../names.ts";
import { allUnlessUnfit } from "../unless-violated.ts";
import { type Going, goingWith } from "./closure.ts";
import { type Found, identityAs } from "./found.ts";
import { creationsOf, dropOf } from "./recreate.ts";
import { satellitesOf } from "./satellites.ts";

interface Column extends Record<string, unknown> {
  table: string;
  bare: string;
  /** Quoted. */
  name: string;
  key: string;
  array: boolean;
  inherited: boolean;
}

/** Back to the enum as it is now. */
export async function enumRebuild(catalog: Lookup, type: Found): Promise<Undo> {
  const { all, ordered } = await goingWith(catalog, [type]);
  const root = `${type.catalog} ${type.oid} 0`;
  const wholes = (ordered ?? all).filter(({ key, of }) => key === of && key !== root);
  const columns = await columnsOf(catalog, type.oid);
  const staying = new Set([
    ...columns.map(({ key }) => key),
    ...(await followersOf(catalog, wholes)),
  ]);
  const parts = all.filter(({ of }) => of === root).map(({ key }) => key);
  const others = madeAnew(wholes, staying, parts);
  const creations = await creationsOf(catalog, others);
  const lost = others.filter(({ key, catalog: of }) => !creations.has(key) || of === "pg_type");
  if (ordered === undefined || lost.length > 0) {
    const names = lost.map(({ type: what, identity }) => `${what} ${identity}`).join(", ");
    const why = `an enum value can only be taken out by making the type anew, and it is used by ${names || "objects that depend on each other"}`;
    return { kind: "irreversible", why };
  }
  const satellites = await satellitesOf(catalog, all);
  const made = await creationsOf(
    catalog,
    all.filter(({ key }) => key === root),
  );
  const oldName = `belay_old_${type.name}`;
  const isAnew = (key: string) => others.some((other) => other.key === key);
  const anew = [
    ...others
      .toReversed()
      .flatMap((each) => dropOf({ ...each, tiedTo: each.tiedTo.filter(isAnew) })),
    `ALTER TYPE ${type.identity} RENAME TO ${quote(oldName)}`,
    ...(made.get(root)?.create ?? []),
    ...(satellites.get(root) ?? []),
    ...columns.filter(({ inherited }) => !inherited).map((column) => conversion(column, type)),
    `DROP TYPE ${identityAs(type, { name: oldName })}`,
    ...others.flatMap(({ key }) => [
      ...(creations.get(key)?.create ?? []),
      ...(satellites.get(key) ?? []),
      ...(creations.get(key)?.finish ?? []),
    ]),
  ];
  if (catalog.shelf === undefined || columns.length === 0) return exactly(...anew);
  const [has] = await catalog.rows<{ labels: string }>(
    "SELECT array_agg(enumlabel)::text AS labels FROM pg_enum WHERE enumtypid = $1::oid",
    [type.oid],
  );
  const told = columns.map((column) => holding(column, type, has?.labels ?? "{}"));
  const tables = [...new Set(columns.map(({ table }) => table))];
  return { kind: "exact", sql: [allUnlessUnfit(anew, told, tables)] };
}

/** Says which column it is for which the type has to stay: one that holds more than `labels`. */
function holding({ table, bare, name, array }: Column, type: Found, labels: string): string {
  const values = array ? `unnest(t.${name})` : `t.${name}`;
  const why = `type ${type.identity} keeps a value that rows hold: `;
  return `INSERT INTO belay.conflict (shelf, target, columns, resolution)
    SELECT '', ${literal(table)}, ARRAY[${literal(bare)}], ${literal(why)} || SQLERRM
    WHERE EXISTS (SELECT FROM ${table} AS t CROSS JOIN LATERAL (SELECT ${values}::text AS label) AS v
      WHERE v.label <> ALL (${literal(labels)}::text[]))`;
}

/** All that cannot stay: it knows the type itself, or something that is made anew. */
function madeAnew(
  going: readonly Going[],
  staying: ReadonlySet<string>,
  parts: readonly string[],
): Going[] {
  const anew = new Set(parts);
  const columns = going.filter(({ attribute }) => attribute !== 0).map(({ key }) => key);
  for (let size = -1; size !== anew.size; ) {
    size = anew.size;
    for (const { key, needs } of going) {
      const canStay = staying.has(key) && !needs.some((need) => anew.has(need));
      if (!canStay && !(columns.includes(key) && staying.has(key))) anew.add(key);
    }
  }
  return going.filter(({ key }) => anew.has(key));
}

function conversion({ table, name, array }: Column, type: Found): string {
  const [text, target] = array ? ["text[]", `${type.identity}[]`] : ["text", type.identity];
  return `ALTER TABLE ${table} ALTER COLUMN ${name} TYPE ${target} USING ${name}::${text}::${target}`;
}

/** Of tables; the columns of views and indexes are made anew with them. */
function columnsOf(catalog: Lookup, oid: string): Promise<Column[]> {
  return catalog.rows<Column>(
    `SELECT (pg_identify_object('pg_class'::regclass, c.oid, 0)).identity AS table, a.attname::text AS bare, quote_ident(a.attname) AS name,
       concat_ws(' ', 'pg_class', c.oid, a.attnum) AS key, a.atttypid <> t.oid AS array, a.attinhcount > 0 AS inherited
     FROM pg_type t JOIN pg_attribute a ON a.atttypid IN (t.oid, t.typarray) AND NOT a.attisdropped
       JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p')
     WHERE t.oid = $1::oid ORDER BY c.oid, a.attnum`,
    [oid],
  );
}

/** Indexes, keys and the like of which the server itself makes new ones when a column changes over. */
async function followersOf(catalog: Lookup, going: readonly Going[]): Promise<Set<string>> {
  const rows = await catalog.rows<{ key: string }>(
    `SELECT concat_ws(' ', g.catalog, g.oid, 0) AS key FROM unnest($1::text[], $2::oid[]) g(catalog, oid)
     WHERE g.catalog = 'pg_statistic_ext'
       OR g.catalog = 'pg_class' AND EXISTS (SELECT FROM pg_index WHERE indexrelid = g.oid)
       OR g.catalog = 'pg_constraint' AND EXISTS (SELECT FROM pg_constraint c WHERE c.oid = g.oid AND c.contype <> 'f')`,
    [going.map((each) => each.catalog), going.map((each) => each.oid)],
  );
  return new Set(rows.map(({ key }) => key));
}
