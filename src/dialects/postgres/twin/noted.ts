// Owns: which type changes the server only notes in its catalog, without a look at any row
// (`ATColumnChangeRequiresRewrite`): they block nobody for long, whatever the size.

import type { ColumnType } from "../column-type.ts";
import type { Lookup } from "../kind.ts";
import { isFixedZone, needsZone } from "../type-change.ts";
import type { Change } from "../type-change-undo.ts";

export async function isNoted(catalog: Lookup, change: Change): Promise<boolean> {
  const { old, now, using, zone } = change;
  if (using.form === "zone" || using.form === "other") return false;
  if (old.oid === now.oid) return holdsAll(old, now);
  if (old.array || now.array || now.modifiers.length > 0) return false;
  if ([old, now].every(isText)) return true;
  const isSame =
    needsZone(old, now) && isFixedZone(zone) ? true : await isRelabelled(catalog, old, now);
  // Another type's indexes are built anew.
  return isSame && !(await isIndexed(catalog, change));
}

const isText = ({ name }: ColumnType) => name === "text" || name === "varchar";

/** The same type, of at least the size. */
function holdsAll(old: ColumnType, now: ColumnType): boolean {
  const [was, is] = [old.modifiers, now.modifiers];
  if (["bpchar", "bit"].includes(old.name)) return was.join() === is.join();
  if (is.length === 0) return true;
  if (old.array) return false;
  if (/^time/.test(old.name)) return (was[0] ?? microseconds) <= (is[0] ?? microseconds);
  if (was.length === 0 || (was[0] ?? 0) > (is[0] ?? 0)) return false;
  return ["varchar", "varbit"].includes(old.name) || (old.name === "numeric" && sameScale(was, is));
}

const microseconds = 6;
const sameScale = (was: number[], is: number[]) => (was[1] ?? 0) === (is[1] ?? 0);

async function isRelabelled(catalog: Lookup, old: ColumnType, now: ColumnType): Promise<boolean> {
  const found = await catalog.rows(
    "SELECT FROM pg_cast WHERE castsource = $1::oid AND casttarget = $2::oid AND castmethod = 'b'",
    [old.oid, now.oid],
  );
  return found.length > 0;
}

async function isIndexed(catalog: Lookup, { table, facts }: Change): Promise<boolean> {
  const found = await catalog.rows(
    `SELECT FROM pg_depend d JOIN pg_class c ON c.oid = d.objid AND c.relkind = 'i'
     WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
       AND d.refobjid = $1::oid AND d.refobjsubid = $2
     UNION ALL SELECT FROM pg_constraint WHERE conrelid = $1::oid AND $2 = ANY (conkey) AND conindid <> 0`,
    [table.oid, facts.number],
  );
  return found.length > 0;
}
