// Owns: reading the whole catalog of a PostgreSQL database, or some objects of it.
// Everything of the database is read but what is the server's, an extension's, a session's or ours.

import {
  type Catalog,
  type CatalogObject,
  columnOrder,
  columnsOf,
  orderOf,
} from "../../../core/catalog.ts";
import type { Session } from "../../dialect.ts";
import { type FactRow, type Family, firstNormalOid, type Scope, sqlOf } from "./family.ts";
import { foreign } from "./foreign.ts";
import { functions } from "./functions.ts";
import { operators } from "./operators.ts";
import { privileges } from "./privileges.ts";
import { relations } from "./relations.ts";
import { replication } from "./replication.ts";
import { eventTriggers, extensions, languages, schemas, statistics } from "./schemas.ts";
import { settle, versionOf } from "./server.ts";
import { canonically } from "./settings.ts";
import { textSearch } from "./text-search.ts";
import { types } from "./types.ts";

/** Families of which there may be thousands of objects: read one by one where that will do. */
export const largeFamilies: Family[] = [relations, types, functions];

const small = new Map<number, Family[]>();

export function smallFamilies(version: number): Family[] {
  const known = small.get(version) ?? smallFamiliesOf(version);
  small.set(version, known);
  return known;
}

function smallFamiliesOf(version: number): Family[] {
  return [
    schemas,
    extensions,
    statistics,
    operators,
    textSearch,
    foreign,
    replication(version),
    eventTriggers,
    languages,
    privileges,
  ];
}

/**
 * The catalog, or its objects of the given identities. Works inside a transaction and outside, with
 * any role; leaves no setting changed.
 */
export async function extractCatalog(session: Session, only?: Iterable<string>): Promise<Catalog> {
  const version = await versionOf(session);
  const families = [...largeFamilies, ...smallFamilies(version)];
  const catalog = await canonically(session, async () =>
    only === undefined
      ? readFamilies(session, await inhabited(session, families))
      : readObjects(session, families, [...only]),
  );
  await settle(session);
  return catalog;
}

/**
 * Those that have an object of the database's own. Most databases have no operators, publications or
 * foreign servers, and one question costs less than the planning of ten queries that find nothing.
 */
async function inhabited(session: Session, families: readonly Family[]): Promise<Family[]> {
  // The end of an index; a scan for one such row would pass over the server's thousands.
  const own = (name: string) => `(select max(oid) from ${name}) >= ${firstNormalOid}::oid`;
  const parts = families.map(({ classes, objects, parts }) => {
    if ([...objects, ...parts].some(({ builtIn }) => builtIn)) return "true";
    // Only superusers may read it; there is none without a server.
    return classes
      .filter((name) => name !== "pg_user_mapping")
      .map(own)
      .join(" or ");
  });
  const [row] = await session.query<{ found: boolean[] }>(
    `select array[${parts.map((part) => `coalesce(${part}, false)`).join(", ")}] as found`,
    [],
    "belay-inhabited",
  );
  return families.filter((_, index) => row?.found[index]);
}

/** All objects of some families. Under canonical settings. */
export async function readFamilies(
  session: Session,
  families: readonly Family[],
): Promise<Catalog> {
  const catalog: Catalog = new Map();
  for (const family of families) await read(session, family, "all", [], catalog);
  return catalog;
}

/** Some objects of some families. Those that are not there are left out. Under canonical settings. */
export async function readObjects(
  session: Session,
  families: readonly Family[],
  identities: readonly string[],
): Promise<Catalog> {
  const catalog: Catalog = new Map();
  for (const family of families) {
    const oids = oidsOf(identities, family.classes);
    if (oids.length > 0) await read(session, family, "some", oids, catalog);
  }
  const wanted = new Set(identities);
  // The oid of an object may be that of another one in a sister catalog of the family.
  for (const identity of catalog.keys()) if (!wanted.has(identity)) catalog.delete(identity);
  return catalog;
}

function oidsOf(identities: readonly string[], classes: readonly string[]): number[] {
  return identities
    .map((identity) => identity.split(":") as [string, string])
    .filter(([name]) => classes.includes(name))
    .map(([, oid]) => Number(oid));
}

async function read(
  session: Session,
  family: Family,
  scope: Scope,
  oids: number[],
  catalog: Catalog,
) {
  const values = scope === "some" ? [oids] : [];
  const name = `belay-${family.classes[0]}-${scope}`;
  addObjects(await session.query<FactRow>(sqlOf(family, scope), values, name), catalog);
}

interface Draft {
  name: string;
  identity: string;
  facts: Record<string, string>;
  parts: Record<string, string>;
  storage?: string;
}

/** Rows of one object may come in any order; objects without a name row are not ours. */
function addObjects(rows: readonly FactRow[], catalog: Catalog) {
  const drafts = new Map<string, Draft>();
  for (const row of rows) {
    const identity = `${row.class}:${row.oid}`;
    let draft = drafts.get(identity);
    if (draft === undefined) {
      draft = { name: "", identity, facts: {}, parts: {} };
      drafts.set(identity, draft);
    }
    addRow(draft, row);
  }
  for (const draft of drafts.values()) {
    if (draft.name !== "") catalog.set(draft.identity, finished(draft));
  }
}

function addRow(draft: Draft, { parts, fact, value }: FactRow) {
  if (fact === "") draft.name = value;
  else if (fact === "@storage") draft.storage = value;
  else if (fact === "@parts") for (const part of value.split(" ")) draft.parts[part] = "itself";
  // What only names a part: the text that says it is in another fact.
  else if (!fact.startsWith("@")) draft.facts[fact] = value;
  if (parts === null) return;
  const of = fact.startsWith("@") ? fact.slice(1) : fact;
  for (const part of parts.split(" ")) draft.parts[part] = of;
}

function finished({ name, identity, facts, parts, storage }: Draft): CatalogObject {
  const order = orderOf(columnsOf({ name, identity, facts, parts }));
  return {
    ...{ name, identity, parts },
    facts: order === undefined ? facts : { ...facts, [columnOrder]: order },
    ...(storage !== undefined && { storage }),
  };
}
