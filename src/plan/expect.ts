// Owns: what the catalog has to be after a migration is taken back. Pure.

import { type Catalog, type CatalogObject, type Difference, differences } from "../core/catalog.ts";
import type { CatalogChange } from "../journal/record.ts";

/**
 * Judges a way back: what the up changed must be as it was, and everything else as it is now, so
 * that drift elsewhere does not count against it. By name: an object that was created again has
 * another identity.
 */
export function judgeWayBack(changed: readonly CatalogChange[]) {
  return (present: Catalog, result: Catalog): Difference[] => {
    const expected = new Map<string, CatalogObject>();
    for (const object of present.values()) expected.set(object.name, object);
    for (const { after } of changed) if (after) expected.delete(after.name);
    for (const { before } of changed) if (before) expected.set(before.name, before);
    return differences(expected, result, "name");
  };
}
