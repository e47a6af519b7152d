// Owns: which object a part belongs to, by the part's identity. Built once per catalog and then
// carried along with it, because looking through all parts of 1,000 tables takes longer than a
// small migration.

import type { Catalog, CatalogObject } from "../../../core/catalog.ts";

/** Part identity to object identity. Columns are not in it: they have no identity of their own. */
type Owners = Map<string, string>;

const known = new WeakMap<Catalog, Owners>();

export function ownersOf(catalog: Catalog): Owners {
  let owners = known.get(catalog);
  if (owners !== undefined) return owners;
  owners = new Map();
  for (const object of catalog.values()) addParts(owners, object);
  known.set(catalog, owners);
  return owners;
}

function addParts(owners: Owners, object: CatalogObject) {
  for (const part in object.parts) {
    if (part.includes(":")) owners.set(part, object.identity);
  }
}

/** Hands the index on to the catalog that comes next; `before` would have to build its own anew. */
export function passOn(before: Catalog, after: Catalog, replaced: Iterable<string>): void {
  const owners = known.get(before);
  if (owners === undefined || before === after) return;
  known.delete(before);
  const identities = [...replaced];
  for (const identity of identities) {
    for (const part in before.get(identity)?.parts) owners.delete(part);
  }
  for (const identity of identities) {
    const object = after.get(identity);
    if (object !== undefined) addParts(owners, object);
  }
  known.set(after, owners);
}
