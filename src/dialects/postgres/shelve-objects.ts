// Owns: dropping something that only what is on a shelf still needs: a type of a hidden column, a
// function of a shelved table's trigger. It goes to the shelf too; a drop would be refused.

import { inTransaction, type Undo } from "../../core/plan.ts";
import type { Lookup } from "./kind.ts";
import { quote } from "./names.ts";
import { type Going, goingWith } from "./objects/closure.ts";
import { type Found, identityAs, sqlOf } from "./objects/found.ts";
import { type ShelfId, shelfSchema } from "./shelf-names.ts";

/** In pg_identify_object's words: those that ALTER ... SET SCHEMA moves. */
const movable = new Set([
  ...["type", "composite type", "domain", "function", "procedure", "aggregate"],
  ...["sequence", "collation", "text search configuration", "text search dictionary"],
]);

const onShelf = /(^|[ .])"?belay_(shelf_[0-9a-f]{8}"?\.|[0-9a-f]{8}_)/;

/** Undefined: nothing on a shelf needs them, or something else does, or they cannot be moved. */
export async function shelveObjects(
  catalog: Lookup,
  id: ShelfId,
  roots: readonly Found[],
): Promise<Undo | undefined> {
  if (roots.length === 0 || roots.some(({ type }) => !movable.has(type))) return undefined;
  const { all } = await goingWith(catalog, roots);
  const isRoot = ({ catalog: of, oid }: Going) =>
    roots.some((root) => root.catalog === of && root.oid === oid);
  const isPart = ({ of, key }: Going) => of !== key;
  const others = all.filter((each) => !isRoot(each) && !isPart(each));
  const kept = others.filter(({ identity }) => onShelf.test(identity));
  if (kept.length === 0 || kept.length < others.length) return undefined;
  const schema = shelfSchema(id);
  const there = (found: Found) => ({ ...found, identity: identityAs(found, { schema }) });
  return {
    kind: "shelved",
    sql: [
      ...roots
        .toReversed()
        .map((each) => `ALTER ${sqlOf(there(each))} SET SCHEMA ${each.schema ?? ""}`),
      `DROP SCHEMA ${quote(schema)}`,
    ].map(inTransaction),
    kept: {
      shelf: id,
      instead: [
        `CREATE SCHEMA ${quote(schema)}`,
        ...roots.map((each) => `ALTER ${sqlOf(each)} SET SCHEMA ${quote(schema)}`),
      ],
    },
  };
}
