// Owns: making objects of the catalog again, exactly as they are now, together with all that a drop
// would take along: definitions, owners, privileges, comments, labels, in an order that works.

import { exactly, inTransaction, type Loss, nothingToUndo, type Undo } from "../../../core/plan.ts";
import type { Lookup } from "../kind.ts";
import { quote } from "../names.ts";
import { countRows } from "../row-count.ts";
import { type Going, goingWith } from "./closure.ts";
import { type Found, sqlOf } from "./found.ts";
import type { Creation } from "./recipe.ts";
import { recipeName, recipeNamed } from "./recipes.ts";
import { satellitesOf } from "./satellites.ts";

/** What it takes to bring objects back. */
export interface Recreation {
  /** In order. */
  sql: string[];
  /** The same, object by object. */
  made: { of: Going; sql: string[] }[];
  /** Drops the same objects one by one, in the opposite order. Nothing else may hang on them. */
  drops: string[];
  /** What cannot be made again from the catalog, and what cannot be without that. */
  lost: Going[];
  /** Why it cannot be undone by dropping and making again: something would be lost. */
  impossible?: string;
}

/** Asks for everything now; nothing of it can be asked once the objects are gone. */
export async function recreationOf(
  catalog: Lookup,
  roots: readonly Pick<Found, "catalog" | "oid" | "attribute">[],
): Promise<Recreation> {
  const { all, ordered } = await goingWith(catalog, roots);
  if (ordered === undefined) {
    const impossible = "what it drops depends on each other in a circle";
    return {
      sql: [],
      made: [],
      drops: [],
      lost: all.filter(({ key, of }) => key === of),
      impossible,
    };
  }
  const creations = await creationsOf(catalog, ordered);
  const wholeOf = new Map(ordered.map(({ key, of }) => [key, of]));
  const lost = lostOf(ordered, creations, wholeOf);
  const kept = ordered.filter(({ of }) => !lost.has(of));
  const wholes = kept.filter(({ key, of }) => key === of);
  const satellites = await satellitesOf(catalog, kept);
  const made = wholes.map((of) => {
    const { create = [], finish = [] } = creations.get(of.key) ?? {};
    return { of, sql: [...create, ...(satellites.get(of.key) ?? []), ...finish] };
  });
  const sql = made.flatMap((each) => each.sql);
  const drops = wholes.toReversed().flatMap(dropOf);
  if (lost.size === 0) return { sql, made, drops, lost: [] };
  // An index of a table goes without saying.
  const named = ordered.filter(
    ({ key, tiedTo }) =>
      lost.has(key) && !tiedTo.some((other) => lost.has(wholeOf.get(other) ?? "")),
  );
  const names = named.map(({ type, identity }) => `${type} ${identity}`);
  return { sql, made, drops, lost: named, impossible: `it also drops ${listed(names)}` };
}

/** Keys of wholes that have no recipe, or of which some part needs one that has none. */
function lostOf(
  ordered: readonly Going[],
  creations: ReadonlyMap<string, Creation>,
  wholeOf: ReadonlyMap<string, string>,
): Set<string> {
  const needs = new Map<string, string[]>();
  for (const each of ordered) {
    const list = needs.get(each.of);
    if (list) list.push(...each.needs);
    else needs.set(each.of, [...each.needs]);
  }
  const lost = new Set<string>();
  for (const { key, of } of ordered) {
    if (key !== of) continue;
    const needed = (needs.get(key) ?? []).map((need) => wholeOf.get(need) ?? need);
    if (!creations.has(key) || needed.some((need) => lost.has(need))) lost.add(key);
  }
  return lost;
}

/** The undo of dropping the roots. */
export async function undoOfDrop(catalog: Lookup, roots: readonly Found[]): Promise<Undo> {
  if (roots.length === 0) return nothingToUndo;
  const { sql, lost, impossible } = await recreationOf(catalog, roots);
  if (impossible === undefined) return exactly(...sql);
  const isRoot = (each: Going) =>
    roots.some((root) => root.catalog === each.catalog && root.oid === each.oid);
  const root = lost.find(isRoot);
  if (root) {
    const why = `${root.type} ${root.identity} cannot be made again from the catalog`;
    return { kind: "irreversible", why };
  }
  if (sql.length === 0) return { kind: "irreversible", why: impossible };
  const losses: Loss[] = [];
  for (const each of lost) losses.push(await lossOf(catalog, each, lost.length > countedMax));
  return { kind: "lossy", sql: sql.map(inTransaction), losses };
}

/** Counting the rows of more tables than anybody reads of would keep the transaction waiting. */
const countedMax = 50;

async function lossOf(
  catalog: Lookup,
  { oid, type, identity }: Going,
  isOneOfMany: boolean,
): Promise<Loss> {
  const loss = { object: `${type} ${identity}`, why: "CASCADE drops it" };
  if (isOneOfMany) return { ...loss, rows: null };
  if (type === "table")
    return { ...loss, ...(await countRows(catalog, { oid, sql: identity, kind: "r" })) };
  if (type !== "table column") return { ...loss, rows: null };
  const [, sql = "", name = ""] = columnOf.exec(identity) ?? [];
  const column = name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
  return { ...loss, ...(await countRows(catalog, { oid, sql, kind: "r" }, column)) };
}

function listed(names: readonly string[]): string {
  const few = names.toSorted().slice(0, 5).join(", ");
  return names.length > 5 ? `${few} and ${names.length - 5} more` : few;
}

/** By key; what has no recipe is missing. */
export async function creationsOf(
  catalog: Lookup,
  going: readonly Going[],
): Promise<Map<string, Creation>> {
  const byRecipe = new Map<string, Going[]>();
  for (const each of going) {
    if (each.key !== each.of) continue;
    byRecipe.set(recipeName(each), [...(byRecipe.get(recipeName(each)) ?? []), each]);
  }
  const result = new Map<string, Creation>();
  for (const [name, group] of byRecipe) {
    const made = await recipeNamed(name)?.(
      catalog,
      group.map(({ oid }) => oid),
    );
    for (const { key, oid } of group) {
      const creation = made?.get(oid);
      if (creation !== undefined) result.set(key, creation);
    }
  }
  return result;
}

/** An identifier at the start or end of an identity. */
const identifier = '(?:"(?:[^"]|"")*"|[^". ]+)';
const columnOf = new RegExp(`^(.*)\\.(${identifier})$`);
const onSomething = new RegExp(`^(${identifier}) on (.*)$`);
const ofFamily = /^(?:operator|function) (\d+) (\(.*\)) of (.*)$/;

/** What is not dropped by DROP: from identity, in pg_identify_object's words, to statement. */
const otherDrops: Record<string, [RegExp, (groups: string[]) => string]> = {
  "default value": [
    new RegExp(`^for (.*)\\.(${identifier})$`),
    ([table, column]) => `ALTER TABLE ONLY ${table} ALTER COLUMN ${column} DROP DEFAULT`,
  ],
  "domain constraint": [
    onSomething,
    ([name, domain]) => `ALTER DOMAIN ${domain} DROP CONSTRAINT ${name}`,
  ],
  "function of access method": [
    ofFamily,
    ([number, types, family]) => `ALTER OPERATOR FAMILY ${family} DROP FUNCTION ${number} ${types}`,
  ],
  "operator of access method": [
    ofFamily,
    ([number, types, family]) => `ALTER OPERATOR FAMILY ${family} DROP OPERATOR ${number} ${types}`,
  ],
  // Here the server gives the publication's name without quotes.
  "publication relation": [
    /^(.*) in publication (.*)$/,
    ([table, name = ""]) => `ALTER PUBLICATION ${quote(name)} DROP TABLE ${table}`,
  ],
  "table constraint": [
    onSomething,
    ([name, table]) => `ALTER TABLE ${table} DROP CONSTRAINT ${name}`,
  ],
};

/** Nothing for what goes with another object that goes. */
export function dropOf(going: Going): string[] {
  if (going.tiedTo.length > 0) return [];
  const [pattern, statement] = otherDrops[going.type] ?? [];
  const groups = pattern?.exec(going.identity)?.slice(1);
  return [groups && statement ? statement(groups) : `DROP ${sqlOf(going)}`];
}
