// Owns: reading the whole catalog of a PostgreSQL database, or some objects of it.
// Everything of the database is read but what is the server's, an extension's, a session's or ours.

import { type Catalog, type CatalogObject, columnOrder, columnsOf } from "../../../core/catalog.ts";
import type { Session } from "../../dialect.ts";
import { type FactRow, type Family, type Scope, sqlOf } from "./family.ts";
import { foreign } from "./foreign.ts";
import { functions } from "./functions.ts";
import { operators } from "./operators.ts";
import { privileges } from "./privileges.ts";
import { relations } from "./relations.ts";
import { replication } from "./replication.ts";
import { eventTriggers, extensions, languages, schemas, statistics } from "./schemas.ts";
import { canonically } from "./settings.ts";
import { textSearch } from "./text-search.ts";
import { types } from "./types.ts";

/** Families of which there may be thousands of objects: read one by one where that will do. */
export const largeFamilies: Family[] = [relations, types, functions];

export function smallFamilies(version: number): Family[] {
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
  return canonically(session, async () => {
    const version = await versionOf(session);
    if (only === undefined) {
      return readFamilies(session, [...largeFamilies, ...smallFamilies(version)]);
    }
    return readObjects(session, [...only], version);
  });
}

const versions = new WeakMap<Session, number>();

/** `server_version_num`. */
export async function versionOf(session: Session): Promise<number> {
  const known = versions.get(session);
  if (known !== undefined) return known;
  const [row] = await session.query<{ version: number }>(
    "select pg_catalog.current_setting('server_version_num')::pg_catalog.int4 as version",
  );
  const version = row?.version ?? 0;
  versions.set(session, version);
  return version;
}

/** All objects of some families. Under canonical settings. */
export async function readFamilies(session: Session, families: Family[]): Promise<Catalog> {
  const catalog: Catalog = new Map();
  for (const family of families) await read(session, family, "all", [], catalog);
  return catalog;
}

/** Some objects. Those that are not there are left out. Under canonical settings. */
export async function readObjects(
  session: Session,
  identities: readonly string[],
  version: number,
): Promise<Catalog> {
  const catalog: Catalog = new Map();
  for (const family of [...largeFamilies, ...smallFamilies(version)]) {
    const oids = oidsOf(identities, family.classes);
    if (oids.length > 0) await read(session, family, "some", oids, catalog);
  }
  const wanted = new Set(identities);
  // The oid of a small family's object may be that of another object in a sister catalog.
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
  const name = `belay-${family.classes[0]}-${scope}`;
  const values = scope === "some" ? [oids] : [];
  const rows = await session.query<FactRow>(sqlOf(family, scope), values, name);
  addObjects(rows, catalog);
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
  const columns = columnsOf({ name, identity, facts, parts });
  const order = columns.map((fact) => fact.slice("column ".length)).join(", ");
  return {
    ...{ name, identity, parts },
    facts: order === "" ? facts : { ...facts, [columnOrder]: order },
    ...(storage !== undefined && { storage }),
  };
}
