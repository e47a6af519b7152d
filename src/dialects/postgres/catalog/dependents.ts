// Owns: whose definitions mention a renamed object. The server keeps them by identity and prints
// names, so a rename changes the text of objects none of whose own rows changed.

import type { CatalogObject } from "../../../core/catalog.ts";
import type { Session } from "../../dialect.ts";
import { isInternal } from "../internal-trigger.ts";

/** A row of a system catalog, and one of its columns or 0 for any. */
interface Reference {
  class: string;
  oid: number;
  column: number;
}

/**
 * Everything that depends on the given, directly or not. Under canonical settings. With triggers come
 * their tables: one whose function or constraint was ours until now is not known as a part of its own.
 */
const dependents = `with recursive start as (
    select * from unnest($1::text[], $2::oid[], $3::int4[]) s (class, oid, col)
  ), found as (
    select d.classid, d.objid from start s join pg_depend d
      on d.refclassid = s.class::regclass and d.refobjid = s.oid and s.col in (0, d.refobjsubid)
    union
    select d.classid, d.objid from found f join pg_depend d
      on d.refclassid = f.classid and d.refobjid = f.objid
  )
  select classid::regclass::text as class, objid as oid from found
  union all
  select 'pg_class', t.tgrelid from found f join pg_trigger t on t.oid = f.objid
    where f.classid = 'pg_trigger'::regclass and (t.tgenabled <> 'O' or not ${isInternal("t")})`;

export async function dependentsOf(
  session: Session,
  references: readonly Reference[],
): Promise<string[]> {
  if (references.length === 0) return [];
  const rows = await session.query<{ class: string; oid: number }>(
    dependents,
    [
      references.map((each) => each.class),
      references.map((each) => each.oid),
      references.map((each) => each.column),
    ],
    "belay-dependents",
  );
  return rows.map((row) => `${row.class}:${row.oid}`);
}

function reference(identity: string, column = 0): Reference {
  const [name = "", oid] = identity.split(":");
  return { class: name, oid: Number(oid), column };
}

/** The object with its row type and other rows of pg_class behind it. */
export function referencesTo({ identity, parts = {} }: CatalogObject): Reference[] {
  const hidden = Object.keys(parts).filter((part) => parts[part] === "itself");
  return [identity, ...hidden].map((each) => reference(each));
}

/** What others may mention and now has another name. */
export function renamedIn(before: CatalogObject, after: CatalogObject): Reference[] {
  if (before.name !== after.name) return referencesTo(before);
  const found: Reference[] = [];
  for (const [part, fact] of Object.entries(before.parts ?? {})) {
    const now = after.parts?.[part];
    if (now === undefined || now === fact) continue;
    if (part.includes(":")) found.push(reference(part));
    // Columns of composite types are numbered under their row in pg_class; labels are the type's.
    if (!before.identity.startsWith("pg_class:")) found.push(...referencesTo(before));
    else if (!part.includes(":")) found.push(reference(before.identity, Number(part)));
  }
  return found;
}
