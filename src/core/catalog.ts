// Owns: the catalog as data, its fingerprint, and the difference between two. Dialects fill it.
// Pure. Belay's own objects never appear in it.

import { createHash } from "node:crypto";
import { BelayError } from "./errors.ts";

/** One object that stands by itself: a table with all that belongs to it, a function, a type, ... */
export interface CatalogObject {
  /** `table public.users`, `function public.f(integer)`; identifiers quoted where SQL needs it. */
  readonly name: string;
  /** The server's identity, stable across renames and never part of the fingerprint. */
  readonly identity: string;
  /**
   * What is known of it, e.g. `column email` -> `text not null default ''::text`.
   * Values are canonical text: two equal objects have equal facts on any server of the same version.
   */
  readonly facts: Readonly<Record<string, string>>;
  /**
   * Which fact tells of which part, by the server's identity of the part; never part of the
   * fingerprint. A column's is its number: `3` -> `column email`. Told renames come from here.
   */
  readonly parts?: Readonly<Record<string, string>>;
  /** Where its rows are kept; another value means rewritten or emptied. Not in the fingerprint. */
  readonly storage?: string;
}

/** Keyed by {@link CatalogObject.identity}. Objects are never changed, only replaced. */
export type Catalog = Map<string, CatalogObject>;

/** One difference, in catalog terms. */
export interface Difference {
  /** The object's name; the one before, when it was renamed. */
  object: string;
  /** Absent when the whole object came or went. `name` when it was renamed. */
  fact?: string;
  /** Absent: was not there. */
  before?: string;
  /** Absent: is not there. */
  after?: string;
}

/** What tells a renamed object from another one: identities hold within one database only. */
export type Sameness = "identity" | "name";

/** The fact that lists a table's columns in order; told only when the order itself differs. */
export const columnOrder = "column order";

// ---------------------------------------------------------------------------------- fingerprint

/**
 * Where an object keeps its hash: what has not changed is not hashed again. Not enumerable, so a
 * changed copy made by spreading starts without one. (A WeakMap of 2,000 objects costs half a
 * millisecond per fingerprint, of which a migration needs several.)
 */
const hashKey = Symbol("hash");

function byCodeUnits([a]: [string, string], [b]: [string, string]): number {
  return a < b ? -1 : 1;
}

/** SHA-256 as eight words. */
function hashOf(object: CatalogObject & { [hashKey]?: Uint32Array }): Uint32Array {
  const known = object[hashKey];
  if (known !== undefined) return known;
  const text = JSON.stringify([object.name, Object.entries(object.facts).sort(byCodeUnits)]);
  const digest = createHash("sha256").update(text, "utf8").digest();
  const hash = Uint32Array.from({ length: 8 }, (_, word) => digest.readUInt32BE(word * 4));
  Object.defineProperty(object, hashKey, { value: hash });
  return hash;
}

/**
 * Content hash over names and facts, 64 hex digits: the hashes of the objects added up, word by
 * word, so that their order does not matter.
 */
export function fingerprintOf(catalog: Catalog): string {
  const sum = new Uint32Array(8);
  for (const object of catalog.values()) {
    const hash = hashOf(object);
    for (let word = 0; word < 8; word++) sum[word]! += hash[word]!;
  }
  return [...sum].map((word) => word.toString(16).padStart(8, "0")).join("");
}

export function equalObjects(a: CatalogObject, b: CatalogObject): boolean {
  const other = hashOf(b);
  return hashOf(a).every((word, index) => word === other[index]);
}

// --------------------------------------------------------------------------------- differences

/** All differences, sorted by object. None: the fingerprints are equal. */
export function differences(
  before: Catalog,
  after: Catalog,
  sameness: Sameness = "identity",
): Difference[] {
  const rest = new Map([...after.values()].map((object) => [object.identity, object]));
  const pairs: [CatalogObject | undefined, CatalogObject | undefined][] = [];
  const unpaired: CatalogObject[] = [];
  for (const object of before.values()) {
    const same = sameness === "identity" ? rest.get(object.identity) : undefined;
    if (same === undefined) unpaired.push(object);
    else pairs.push([object, same]);
    if (same !== undefined) rest.delete(object.identity);
  }
  // What was dropped and created again, and everything when identities mean nothing.
  const named = new Map([...rest.values()].map((object) => [object.name, object]));
  for (const object of unpaired) {
    pairs.push([object, named.get(object.name)]);
    named.delete(object.name);
  }
  for (const object of named.values()) pairs.push([undefined, object]);
  return pairs.flatMap(([a, b]) => differencesOf(a, b)).sort(byObject);
}

function byObject(a: Difference, b: Difference): number {
  return a.object < b.object ? -1 : a.object > b.object ? 1 : 0;
}

function differencesOf(before?: CatalogObject, after?: CatalogObject): Difference[] {
  if (before === undefined || after === undefined) {
    const object = (before ?? after)?.name ?? "";
    return [{ object, ...(before && { before: object }), ...(after && { after: object }) }];
  }
  if (equalObjects(before, after)) return [];
  const object = before.name;
  const found: Difference[] = [];
  if (after.name !== object)
    found.push({ object, fact: "name", before: object, after: after.name });
  const renamed = renamedFacts(before, after);
  for (const [was, is] of renamed) {
    found.push({ object, fact: `name of ${was}`, before: was, after: is });
  }
  found.push(...factDifferences(before, after, renamed));
  // What is left when a column came or went has been told by the column.
  const told = found.filter(
    ({ fact }) => fact !== columnOrder || !sameOrder(before, after, renamed),
  );
  return told.length > 0 ? told : found;
}

function factDifferences(
  { name: object, facts }: CatalogObject,
  after: CatalogObject,
  renamed: ReadonlyMap<string, string>,
): Difference[] {
  const found: Difference[] = [];
  const left = new Set(Object.keys(after.facts));
  for (const [fact, value] of Object.entries(facts)) {
    const now = renamed.get(fact) ?? fact;
    left.delete(now);
    const is = after.facts[now];
    if (value !== is)
      found.push({ object, fact, before: value, ...(is !== undefined && { after: is }) });
  }
  for (const fact of left) found.push({ object, fact, after: after.facts[fact]! });
  return found;
}

/** Facts of one part under two names. */
function renamedFacts(before: CatalogObject, after: CatalogObject): Map<string, string> {
  const renamed = new Map<string, string>();
  for (const [part, was] of Object.entries(before.parts ?? {})) {
    const is = after.parts?.[part];
    if (is === undefined || is === was) continue;
    // A part of the same number but of a table created anew is not a renamed one.
    if (was in after.facts || is in before.facts || !(was in before.facts)) continue;
    renamed.set(was, is);
  }
  return renamed;
}

/** Whether the columns that both have stand in the same order. */
function sameOrder(
  before: CatalogObject,
  after: CatalogObject,
  renamed: ReadonlyMap<string, string>,
): boolean {
  const was = columnsOf(before).map((column) => renamed.get(column) ?? column);
  const is = columnsOf(after);
  const common = (list: string[], other: string[]) => list.filter((each) => other.includes(each));
  return common(was, is).join("\n") === common(is, was).join("\n");
}

/** Facts of the columns, in order. Columns are the parts whose identity is a number. */
export function columnsOf(object: CatalogObject): string[] {
  return Object.entries(object.parts ?? {})
    .filter(([part]) => /^\d+$/.test(part))
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, fact]) => fact);
}

/** The fact {@link columnOrder} of these; undefined without any. */
export function orderOf(columns: readonly string[]): string | undefined {
  const names = columns.map((fact) => fact.slice("column ".length));
  return names.length === 0 ? undefined : names.join(", ");
}

/** One line: `table public.users: column email was text not null, is gone`. */
export function describeDifference({ object, fact, before, after }: Difference): string {
  if (fact === undefined) return `${object} is ${before === undefined ? "new" : "gone"}`;
  if (before === undefined) return `${object}: ${fact} is new, ${oneLine(after ?? "")}`;
  const is = after === undefined ? "is gone" : `is ${oneLine(after)}`;
  return `${object}: ${fact} was ${oneLine(before)}, ${is}`;
}

function oneLine(value: string): string {
  const line = value.replace(/\s+/g, " ").trim();
  return line.length > 200 ? `${line.slice(0, 199)}…` : line || "empty";
}

// ----------------------------------------------------------------------------------- stored form

/** Raised whenever the stored form, or what the facts say of equal objects, changes. */
const format = 1;

/** `[name, identity, facts, parts, storage]` per object; see `journal/format.md`. */
interface StoredCatalog {
  format: number;
  objects: [string, string, Record<string, string>, Record<string, string>, string][];
}

export function catalogToJson(catalog: Catalog): StoredCatalog {
  const objects = [...catalog.values()].map(
    ({ name, identity, facts, parts, storage }): StoredCatalog["objects"][number] => [
      name,
      identity,
      facts,
      parts ?? {},
      storage ?? "",
    ],
  );
  return { format, objects };
}

/** Throws BELAY_JOURNAL_VERSION for a form that this version does not know. */
export function catalogFromJson(json: unknown): Catalog {
  const stored = json as Partial<StoredCatalog> | null;
  if (stored?.format !== format || !Array.isArray(stored.objects)) {
    throw new BelayError("BELAY_JOURNAL_VERSION", "A stored catalog has an unknown format", {
      hint: "Use the version of Belay that wrote it, or a newer one.",
      details: { format: stored?.format ?? null, known: format },
    });
  }
  return new Map(
    stored.objects.map(([name, identity, facts, parts, storage]) => [
      identity,
      {
        ...{ name, identity, facts },
        ...(Object.keys(parts).length > 0 && { parts }),
        ...(storage !== "" && { storage }),
      },
    ]),
  );
}

/**
 * Identities of tables of which one made anew has taken the name. One that was there before under
 * another name has rows of its own, and keeps what is written to it when it gets its name back.
 */
export function replacedTables(
  changed: readonly { before?: CatalogObject; after?: CatalogObject }[],
): { name: string; before: string; after: string }[] {
  const old = new Map(changed.map(({ before }) => [before?.name, before?.identity]));
  const older = new Set(old.values());
  return changed.flatMap(({ after }) => {
    const before = after?.name.startsWith("table ") ? old.get(after.name) : undefined;
    if (after === undefined || before === undefined || older.has(after.identity)) return [];
    return [{ name: after.name.slice("table ".length), before, after: after.identity }];
  });
}
