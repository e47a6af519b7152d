// Owns: making objects of the catalog again, exactly as they are now, together with all that a drop
// would take along: definitions, owners, privileges, comments, labels, in an order that works.

import { exactly, nothingToUndo, type Undo } from "../../../core/plan.ts";
import type { Lookup } from "../kind.ts";
import { type Going, goingWith } from "./closure.ts";
import { type Found, sqlOf } from "./found.ts";
import type { Creation } from "./recipe.ts";
import { recipeName, recipeNamed } from "./recipes.ts";
import { satellitesOf } from "./satellites.ts";

/** What it takes to bring objects back. */
export interface Recreation {
  /** In order; empty when `impossible` says something. */
  sql: string[];
  /** Drops the same objects one by one, in the opposite order. Nothing else may hang on them. */
  drops: string[];
  /** Why they cannot be made again from the catalog. */
  impossible?: string;
}

/** Asks for everything now; nothing of it can be asked once the objects are gone. */
export async function recreationOf(
  catalog: Lookup,
  roots: readonly Pick<Found, "catalog" | "oid" | "attribute">[],
): Promise<Recreation> {
  const { all, ordered } = await goingWith(catalog, roots);
  const creations = await creationsOf(catalog, all);
  const lost = all.filter(({ key, of }) => key === of && !creations.has(key));
  if (lost.length > 0) {
    const names = lost.map(({ type, identity }) => `${type} ${identity}`).sort();
    return { sql: [], drops: [], impossible: `it also drops ${listed(names)}` };
  }
  if (ordered === undefined) {
    return { sql: [], drops: [], impossible: "what it drops depends on each other in a circle" };
  }
  const wholes = ordered.filter(({ key, of }) => key === of);
  const satellites = await satellitesOf(catalog, ordered);
  const sql = wholes.flatMap(({ key }) => {
    const { create = [], finish = [] } = creations.get(key) ?? {};
    return [...create, ...(satellites.get(key) ?? []), ...finish];
  });
  return { sql, drops: wholes.toReversed().flatMap(dropOf) };
}

/** The undo of dropping the roots. */
export async function undoOfDrop(catalog: Lookup, roots: readonly Found[]): Promise<Undo> {
  if (roots.length === 0) return nothingToUndo;
  const { sql, impossible } = await recreationOf(catalog, roots);
  return impossible === undefined ? exactly(...sql) : { kind: "irreversible", why: impossible };
}

function listed(names: readonly string[]): string {
  const few = names.slice(0, 5).join(", ");
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
const onSomething = new RegExp(`^(${identifier}) on (.*)$`);
const ofColumn = new RegExp(`^for (.*)\\.(${identifier})$`);

/** Nothing for what goes with another object that goes. */
export function dropOf(going: Going): string[] {
  if (going.tiedTo.length > 0) return [];
  const { type, identity } = going;
  const [, first = "", second = ""] =
    (type === "default value" ? ofColumn : onSomething).exec(identity) ?? [];
  switch (type) {
    case "default value":
      return [`ALTER TABLE ONLY ${first} ALTER COLUMN ${second} DROP DEFAULT`];
    case "table constraint":
      return [`ALTER TABLE ${second} DROP CONSTRAINT ${first}`];
    case "domain constraint":
      return [`ALTER DOMAIN ${second} DROP CONSTRAINT ${first}`];
    default:
      return [`DROP ${sqlOf(going)}`];
  }
}
