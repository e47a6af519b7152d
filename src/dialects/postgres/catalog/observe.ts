// Owns: keeping a catalog true while transactions change it, at the price of what they change and
// not of what there is. Falls back to reading everything whenever it cannot be sure.
//
//   const mark = await markObservation(session);          // just after BEGIN
//   const seen = await observe(session, mark, catalog);   // just before COMMIT
//
// After statements outside of transactions, read everything: `extractCatalog`.
// Not noticed: what other sessions do meanwhile, and renamed roles and tablespaces, which are not
// of this database.

import { type Catalog, type CatalogObject, equalObjects } from "../../../core/catalog.ts";
import type { Observation, RowsSeen, Session } from "../../dialect.ts";
import { dependentsOf, referencesTo, renamedIn } from "./dependents.ts";
import {
  extractCatalog,
  largeFamilies,
  readFamilies,
  readObjects,
  smallFamilies,
} from "./extract.ts";
import { catalogsOf, type Family } from "./family.ts";
import { type Counts, type Look, lookAround } from "./look.ts";
import { largeCatalogs, type OwnRows, ownRows } from "./own-rows.ts";
import { ownersOf, passOn } from "./owners.ts";
import { takeSettled, versionOf } from "./server.ts";
import { restore } from "./settings.ts";

/** What was counted before the transaction began; opaque to callers. */
export interface ObservationMark {
  rows: Map<number, Counts>;
}

export interface SeenRows extends RowsSeen {
  /** Its storage was replaced: TRUNCATE, CLUSTER, or an ALTER TABLE that writes all rows anew. */
  rewritten: boolean;
}

export interface Seen extends Observation {
  rows: SeenRows[];
  /** The whole catalog was read. */
  full: boolean;
}

type Changed = Observation["changed"];

const leftOver = `select c.oid, pg_stat_get_xact_tuples_inserted(c.oid)::int4 as inserted,
    pg_stat_get_xact_tuples_updated(c.oid)::int4 as updated,
    pg_stat_get_xact_tuples_deleted(c.oid)::int4 as deleted
  from pg_catalog.pg_class c where c.relkind = 'r' and c.oid >= 16384
    and pg_stat_get_xact_tuples_inserted(c.oid) + pg_stat_get_xact_tuples_updated(c.oid)
      + pg_stat_get_xact_tuples_deleted(c.oid) > 0`;

/** Call it first in a transaction. */
export async function markObservation(session: Session): Promise<ObservationMark> {
  if (takeSettled(session)) return { rows: new Map() };
  const rows = await session.query<Record<"oid" | keyof Counts, number>>(
    leftOver,
    [],
    "belay-left-over",
  );
  return { rows: new Map(rows.map((row) => [row.oid, row])) };
}

/**
 * Call it last in the transaction; `before` is the catalog as it was at its begin. `columnGrants`
 * false: no statement can have granted or revoked on columns; it saves reading pg_attribute.
 */
export async function observe(
  session: Session,
  mark: ObservationMark,
  before: Catalog,
  { columnGrants = true } = {},
): Promise<Seen> {
  const small = smallFamilies(await versionOf(session));
  const look = await lookAround(session, [...largeCatalogs, ...small.flatMap(catalogsOf)]);
  const { catalog, replaced, full } = await after(session, look, before, small, columnGrants);
  const restored = look.settings.length > 0 ? restore(session, look.settings) : undefined;
  const changed = changesBetween(before, catalog, replaced);
  passOn(before, catalog, replaced);
  await restored;
  return { catalog, changed, full, rows: rowsOf(look, mark, before, catalog) };
}

interface Next {
  catalog: Catalog;
  /** Identities of the objects that were read anew, or are gone. */
  replaced: Set<string>;
  full: boolean;
}

function wholly(before: Catalog, catalog: Catalog): Next {
  return { catalog, replaced: new Set([...before.keys(), ...catalog.keys()]), full: true };
}

async function after(
  session: Session,
  look: Look,
  before: Catalog,
  small: readonly Family[],
  columnGrants: boolean,
): Promise<Next> {
  if (!look.tracking) return wholly(before, await extractCatalog(session));
  if (look.counts.size === 0) return { catalog: before, replaced: new Set(), full: false };
  const own = await ownRows(session, look, columnGrants || look.byHand.has("pg_attribute"));
  const seen = { ...look, ...own };
  const followed = unknowable(look, own) ? undefined : await follow(session, seen, before, small);
  return followed ?? wholly(before, await readFamilies(session, [...largeFamilies, ...small]));
}

/** Changes that say too little about what they changed. */
function unknowable({ counts, byHand, locked }: Look, { foreign }: OwnRows): boolean {
  // Members of an extension are not objects of ours, but their names are in our objects.
  const extended = locked.some((identity) => identity.startsWith("pg_extension:"));
  // A row deleted by hand had no lock on its object. COMMENT keeps its lock like a hand does.
  const deletedByHand = [...byHand].some(
    (name) => name !== "pg_description" && largeCatalogs.has(name) && counts.get(name)?.deleted,
  );
  return foreign || extended || counts.has("pg_extension") || deletedByHand;
}

/** Objects of large families one by one, small families as a whole. */
interface Reading {
  objects: string[];
  families: Family[];
}

/** The catalog after the changes that a look found; undefined when everything has to be read. */
async function follow(
  session: Session,
  look: Look & OwnRows,
  before: Catalog,
  small: readonly Family[],
): Promise<Next | undefined> {
  const catalog: Catalog = new Map(before);
  const replaced = new Set<string>();
  const done = new Set<string | Family>();
  let next: Reading = {
    objects: objectsOf(before, look.found, look.locked),
    families: small.filter((family) => catalogsOf(family).some((name) => look.counts.has(name))),
  };
  while (next.objects.length + next.families.length > 0) {
    for (const each of [...next.objects, ...next.families]) done.add(each);
    const now = await readObjects(session, largeFamilies, next.objects);
    for (const [identity, object] of await readFamilies(session, next.families)) {
      now.set(identity, object);
    }
    const changes = replace(catalog, before, now, next, replaced);
    if (changes.some(renamesSchema) || movesSchema(changes, look)) return undefined;
    const mentioned = changes.flatMap((change) => referencesBy(change, look));
    const dependents = await dependentsOf(session, mentioned);
    const classes = new Set(dependents.map(classOf));
    next = {
      objects: objectsOf(before, dependents).filter((identity) => !done.has(identity)),
      families: small.filter(
        (family) => !done.has(family) && catalogsOf(family).some((name) => classes.has(name)),
      ),
    };
  }
  return { catalog, replaced, full: false };
}

const classOf = (identity: string) => identity.slice(0, identity.indexOf(":"));

const largeClasses = new Set(largeFamilies.flatMap((family) => family.classes));

/** Objects of large families that rows of the system catalogs are, or are part of. */
function objectsOf(
  before: Catalog,
  rows: Iterable<string>,
  locked: readonly string[] = [],
): string[] {
  const owners = ownersOf(before);
  const known = (row: string) => (before.has(row) ? row : owners.get(row));
  const objects = new Set<string>();
  // What is new is not known to be a part, and is asked for as if it were an object.
  for (const row of rows) objects.add(known(row) ?? row);
  for (const row of locked) objects.add(known(row) ?? "");
  return [...objects].filter((identity) => largeClasses.has(classOf(identity)));
}

/** Puts what was read into the catalog; what was looked for and not found is gone. */
function replace(
  catalog: Catalog,
  before: Catalog,
  now: Catalog,
  reading: Reading,
  replaced: Set<string>,
): Changed {
  const classes = new Set(reading.families.flatMap((family) => family.classes));
  const looked = new Set([...reading.objects, ...now.keys()]);
  if (classes.size > 0) {
    for (const identity of before.keys()) if (classes.has(classOf(identity))) looked.add(identity);
  }
  const changes: Changed = [];
  for (const identity of looked) {
    const [was, is] = [before.get(identity), now.get(identity)];
    replaced.add(identity);
    if (is === undefined) catalog.delete(identity);
    else catalog.set(identity, is);
    changes.push({ ...(was && { before: was }), ...(is && { after: is }) });
  }
  return changes;
}

function renamesSchema({ before: was, after: is }: Changed[number]): boolean {
  if (was === undefined || is === undefined || was.name === is.name) return false;
  return classOf(was.identity) === "pg_namespace";
}

/** Came from one of our names or went to one, with all that is in it. */
function movesSchema(changes: Changed, { counts }: Look): boolean {
  const { inserted = 0, deleted = 0 } = counts.get("pg_namespace") ?? {};
  const schemas = changes.filter(
    ({ before: was, after: is }) => classOf((was ?? is)?.identity ?? ":") === "pg_namespace",
  );
  const gone = schemas.filter(({ after: is }) => is === undefined);
  const come = schemas.filter(({ before: was }) => was === undefined);
  return gone.length > deleted || come.length > inserted;
}

/** What others may mention under another name now. */
function referencesBy({ before: was, after: is }: Changed[number], look: Look & OwnRows) {
  if (was !== undefined && is !== undefined) return renamedIn(was, is);
  const object = was ?? is;
  if (object === undefined || !look.written.has(object.identity)) return [];
  // Written and gone: moved to a schema that we do not look into. Written and new: perhaps moved
  // from one, when more rows were written than were inserted and stayed.
  const { inserted = 0, deleted = 0 } = look.counts.get(classOf(object.identity)) ?? {};
  const rows = [...look.written].filter((each) => classOf(each) === classOf(object.identity));
  return was !== undefined || rows.length > inserted - deleted ? referencesTo(object) : [];
}

/**
 * What of the replaced differs; an object created again is the one of the same name. A table that
 * looks the same has other rows.
 */
function changesBetween(before: Catalog, catalog: Catalog, replaced: Set<string>): Changed {
  const pairs: Changed = [];
  const gone: CatalogObject[] = [];
  const created = new Map<string, CatalogObject>();
  for (const identity of replaced) {
    const [was, is] = [before.get(identity), catalog.get(identity)];
    if (was !== undefined && is !== undefined) pairs.push({ before: was, after: is });
    else if (was !== undefined) gone.push(was);
    else if (is !== undefined) created.set(is.name, is);
  }
  for (const was of gone) {
    const is = created.get(was.name);
    created.delete(was.name);
    pairs.push({ before: was, ...(is && { after: is }) });
  }
  for (const is of created.values()) pairs.push({ after: is });
  return pairs.filter(
    ({ before: was, after: is }) =>
      !was || !is || !equalObjects(was, is) || isAnotherTable(was, is),
  );
}

const isAnotherTable = (was: CatalogObject, is: CatalogObject) =>
  was.identity !== is.identity && is.name.startsWith("table ");

/** A table and all that it is a partition of. */
function lineIn(catalog: Catalog, object: CatalogObject | undefined): CatalogObject[] {
  if (object === undefined) return [];
  const parent = object.facts["partition of"];
  const above =
    parent === undefined
      ? undefined
      : [...catalog.values()].find(({ name }) => name === `table ${parent}`);
  return [object, ...lineIn(catalog, above)];
}

function rowsOf(look: Look, mark: ObservationMark, before: Catalog, catalog: Catalog): SeenRows[] {
  const seen: SeenRows[] = [];
  for (const { oid, table, ...counted } of look.rows) {
    const earlier = mark.rows.get(oid) ?? { inserted: 0, updated: 0, deleted: 0 };
    const [was, is] = [before.get(`pg_class:${oid}`), catalog.get(`pg_class:${oid}`)];
    const rows: SeenRows = {
      table,
      inserted: counted.inserted - earlier.inserted,
      updated: counted.updated - earlier.updated,
      deleted: counted.deleted - earlier.deleted,
      rewritten: was !== undefined && is !== undefined && was.storage !== is.storage,
    };
    const line = [...lineIn(before, was), ...lineIn(catalog, is)];
    const aliases = line.map(({ name }) => name.slice("table ".length));
    const others = new Set(aliases.filter((name) => name !== table));
    if (others.size > 0) rows.aliases = [...others];
    rows.identities = [...new Set(line.map(({ identity }) => identity))];
    if (rows.rewritten || rows.inserted + rows.updated + rows.deleted > 0) seen.push(rows);
  }
  return seen;
}
