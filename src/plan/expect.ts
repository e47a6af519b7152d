// Owns: what the catalog has to be after a migration is taken back. Pure.

import {
  type Catalog,
  type CatalogObject,
  columnOrder,
  columnsOf,
  type Difference,
  differences,
  orderOf,
} from "../core/catalog.ts";
import type { CatalogChange } from "../journal/record.ts";

/**
 * Judges a way back: what the up changed must be as it was, and everything else as it is now, so
 * that drift does not count against it: elsewhere, or in what the up left alone of the same object.
 * By name: an object that was created again has another identity.
 */
export function judgeWayBack(changed: readonly CatalogChange[]) {
  return (present: Catalog, result: Catalog): Difference[] => {
    const now = new Map<string, CatalogObject>();
    for (const object of present.values()) now.set(object.name, object);
    const expected = new Map(now);
    for (const { after } of changed) if (after) expected.delete(after.name);
    for (const { before, after } of changed) {
      if (before === undefined) continue;
      const same = after && now.get(after.name);
      expected.set(before.name, after && same ? undone(before, after, same) : before);
    }
    return differences(expected, result, "name");
  };
}

/** Parts under the names that somebody has given them since; those that the up had named have theirs from before. */
function renamedSince(
  before: CatalogObject,
  after: CatalogObject,
  now: CatalogObject,
): Record<string, string> {
  const parts = Object.entries(before.parts ?? {}).flatMap(([part, name]) => {
    const is = after.parts?.[part] === name ? now.parts?.[part] : name;
    return is === undefined ? [] : [[part, is] as const];
  });
  return Object.fromEntries(parts);
}

/** `before`, with what is now of the facts that the up did not touch; columns that came since stand last. */
function undone(before: CatalogObject, after: CatalogObject, now: CatalogObject): CatalogObject {
  const facts = { ...before.facts };
  for (const fact of new Set([before, after, now].flatMap((each) => Object.keys(each.facts)))) {
    if (before.facts[fact] !== after.facts[fact]) continue;
    const value = now.facts[fact];
    if (value === undefined) delete facts[fact];
    else facts[fact] = value;
  }
  const was = columnsOf({ ...before, parts: renamedSince(before, after, now) });
  const came = columnsOf(now).filter((each) => !was.includes(each));
  const order = orderOf([...was, ...came].filter((each) => each in facts));
  if (order !== undefined) facts[columnOrder] = order;
  return { ...before, facts };
}
