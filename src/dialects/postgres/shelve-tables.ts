// Owns: putting tables aside instead of dropping them. Each moves, as it is, to a schema of its own
// statement, with its rows, indexes, sequences, rights and settings. What would still act on other
// tables from there, or be acted on, is taken off and recorded: foreign keys, publications. What a
// CASCADE takes along besides is made again from its definition.

import { inTransaction, nothingToUndo, type Undo, type UndoStatement } from "../../core/plan.ts";
import { doBlock } from "./capture/shelf.ts";
import { constraintBack, othersBack } from "./constraint-back.ts";
import { recreateConstraint } from "./constraint-definition.ts";
import type { Address } from "./dependents.ts";
import { dependentsOf } from "./dependents.ts";
import type { Lookup } from "./kind.ts";
import { quote } from "./names.ts";
import { publicationTable } from "./objects/publication-recipes.ts";
import { recreationOf } from "./objects/recreate.ts";
import type { Relation } from "./relation.ts";
import { type ShelfId, shelfSchema } from "./shelf-names.ts";

/**
 * Undefined: they cannot be put aside, because they share their rows or columns with tables that
 * stay (inheritance, a partition). Nothing where the server refuses the drop as things are.
 */
export async function shelveTables(
  catalog: Lookup,
  id: ShelfId,
  named: readonly Relation[],
  cascade: boolean,
): Promise<Undo | undefined> {
  const tables = await membersOf(catalog, named);
  if (tables.length === 0 || tables.some(({ shared }) => shared)) return undefined;
  const oids = tables.map(({ oid }) => oid);
  const hanging = await hangingOn(catalog, oids);
  if (hanging.length > 0 && !cascade) return nothingToUndo;
  const others = await recreationOf(catalog, hanging);
  if (others.impossible !== undefined) return undefined;
  const links = await linksOf(catalog, id, oids);
  const schema = quote(shelfSchema(id));
  const move = (words: string, from: string, name: string, to: string) =>
    `ALTER ${words} ${from}.${quote(name)} SET SCHEMA ${to}`;
  const statistics = await statisticsOf(catalog, oids);
  const moves = (there: boolean) =>
    [
      ...statistics.map((each) => ({ ...each, words: "STATISTICS" })),
      ...tables.map((each) => ({ ...each, words: "TABLE" })),
    ].map(({ words, schema: own, name }) =>
      there ? move(words, quote(own), name, schema) : move(words, schema, name, quote(own)),
    );
  return {
    kind: "shelved",
    sql: [
      ...moves(false).toReversed().map(inTransaction),
      ...links.flatMap(({ again }) => again),
      ...(await othersBack(catalog, others, id)),
      inTransaction(`DROP SCHEMA ${schema}`),
    ],
    kept: {
      shelf: id,
      instead: [
        `CREATE SCHEMA ${schema}`,
        ...others.drops,
        ...links.flatMap(({ offs }) => offs),
        ...moves(true),
      ],
    },
  };
}

interface Member extends Record<string, unknown> {
  oid: string;
  schema: string;
  name: string;
  /** Its parent or a child of it stays. */
  shared: boolean;
}

/** With the partitions that go along, each of which moves by itself. */
async function membersOf(catalog: Lookup, named: readonly Relation[]): Promise<Member[]> {
  return catalog.rows<Member>(
    `WITH RECURSIVE going(oid, depth) AS (
         SELECT oid, 0 FROM unnest($1::oid[]) oid
       UNION
         SELECT i.inhrelid, g.depth + 1 FROM pg_inherits i JOIN going g ON i.inhparent = g.oid
           JOIN pg_class p ON p.oid = g.oid AND p.relkind = 'p')
     SELECT c.oid::text, n.nspname::text AS schema, c.relname::text AS name,
       c.relkind NOT IN ('r', 'p') OR EXISTS (SELECT FROM pg_inherits i
         WHERE (i.inhrelid = c.oid AND i.inhparent NOT IN (SELECT oid FROM going))
           OR (i.inhparent = c.oid AND i.inhrelid NOT IN (SELECT oid FROM going))) AS shared
     FROM (SELECT oid, min(depth) AS depth FROM going GROUP BY oid) g
       JOIN pg_class c ON c.oid = g.oid JOIN pg_namespace n ON n.oid = c.relnamespace
     ORDER BY g.depth, c.oid`,
    [named.map(({ oid }) => oid)],
  );
}

/** What only CASCADE takes along, foreign keys of other tables apart: those are links. */
async function hangingOn(catalog: Lookup, oids: readonly string[]) {
  const found = new Map<string, Address & { attribute: number }>();
  for (const oid of oids) {
    for (const { subid, ...each } of await dependentsOf(catalog, { catalog: "pg_class", oid })) {
      const isTable = each.catalog === "pg_class" && oids.includes(each.oid);
      if (!isTable) found.set(`${each.catalog} ${each.oid}`, { ...each, attribute: subid });
    }
  }
  const own = await catalog.rows<{ key: string }>(
    `SELECT 'pg_constraint ' || oid AS key FROM pg_constraint WHERE conrelid = ANY ($1::oid[])`,
    [oids],
  );
  for (const { key } of own) found.delete(key);
  return [...found.values()];
}

interface KeyFacts
  extends Record<string, unknown>,
    Record<"oid" | "name" | "table" | "off", string> {
  /** Its name, qualified, if its checks may wait for COMMIT. Null too where another one has the name. */
  deferrable: string | null;
}

/** The server drops no key that has checks to be run. A row that fails them would go with its table. */
const checkedNow = (key: string) =>
  doBlock(`BEGIN
  SET CONSTRAINTS ${key} IMMEDIATE;
EXCEPTION WHEN foreign_key_violation THEN NULL;
END`);

interface Link {
  offs: string[];
  again: UndoStatement[];
}

/** Foreign keys from here to tables that stay, and publications that have these tables. */
async function linksOf(catalog: Lookup, shelf: ShelfId, oids: readonly string[]): Promise<Link[]> {
  const table = "(pg_identify_object('pg_class'::regclass, k.conrelid, 0)).identity";
  const keys = await catalog.rows<KeyFacts>(
    `SELECT k.oid::text, k.conname::text AS name, ${table} AS table,
         format('ALTER TABLE %s DROP CONSTRAINT %I', ${table}, k.conname) AS off,
         CASE WHEN k.condeferrable AND NOT EXISTS (SELECT FROM pg_constraint o WHERE o.oid <> k.oid
             AND o.conname = k.conname AND o.connamespace = k.connamespace)
           THEN format('%I.%I', n.nspname, k.conname) END AS deferrable
       FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace
      WHERE k.contype = 'f' AND k.conrelid = ANY ($1::oid[]) AND NOT k.confrelid = ANY ($1::oid[])
        AND k.conparentid = 0 ORDER BY k.conname`,
    [oids],
  );
  const links: Link[] = [];
  for (const { oid, off, deferrable, name, table } of keys) {
    const again = await recreateConstraint(catalog, oid);
    const returning = { again, name, table, type: "f", shelf };
    const offs = [...(deferrable === null ? [] : [checkedNow(deferrable)]), off];
    links.push({ offs, again: await constraintBack(catalog, returning) });
  }
  return [...links, ...(await publishedLinks(catalog, oids))];
}

async function publishedLinks(catalog: Lookup, oids: readonly string[]): Promise<Link[]> {
  const members = await catalog.rows<{ oid: string; off: string }>(
    `SELECT r.oid::text, format('ALTER PUBLICATION %I DROP TABLE %s', p.pubname,
         (pg_identify_object('pg_class'::regclass, r.prrelid, 0)).identity) AS off
       FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
      WHERE r.prrelid = ANY ($1::oid[])`,
    [oids],
  );
  if (members.length === 0) return [];
  const made = await publicationTable(
    catalog,
    members.map(({ oid }) => oid),
  );
  return members.map(({ oid, off }) => {
    return { offs: [off], again: (made.get(oid)?.create ?? []).map(inTransaction) };
  });
}

/** Extended statistics have a schema of their own, and stay behind when their table moves. */
function statisticsOf(catalog: Lookup, oids: readonly string[]) {
  return catalog.rows<{ schema: string; name: string }>(
    `SELECT n.nspname::text AS schema, s.stxname::text AS name FROM pg_statistic_ext s
       JOIN pg_namespace n ON n.oid = s.stxnamespace WHERE s.stxrelid = ANY ($1::oid[])`,
    [oids],
  );
}
