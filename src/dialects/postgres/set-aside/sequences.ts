// Owns: the sequences of tables that are set aside. That of a serial column stays the same object and
// goes over to the twin and back; an identity's belongs to its table, so the twin gets one of its own.
// Neither way a value is given twice: a sequence goes on where its counterpart stood, if that is further.

import { inShelf } from "../capture/shelf.ts";
import { identitySql } from "../column-definition.ts";
import type { Lookup } from "../kind.ts";
import { literal, quote } from "../names.ts";
import { type SequenceState, sequenceState } from "../sequence-state.ts";
import { type ShelfId, shelfSchema } from "../shelf-names.ts";
import type { Aside } from "./candidates.ts";

export interface Sequences {
  /** Before the tables move. */
  loosen: string[];
  /** When the twins are there, with no constraint yet. */
  give: string[];
  /** When the twins have their owners. */
  own: string[];
  /** Before the twins go. */
  takeBack: string[];
  /** When the tables are in their place again. */
  ownAgain: string[];
}

interface Owned extends Record<string, unknown> {
  oid: string;
  /** Of the table. */
  table: string;
  /** The sequence's own name. */
  name: string;
  column: string;
  /** `pg_attribute.attidentity`; empty for a serial's. */
  identity: string;
}

export async function sequencesOf(
  catalog: Lookup,
  id: ShelfId,
  tables: readonly Aside[],
  restart: boolean,
): Promise<Sequences> {
  const all: Sequences = { loosen: [], give: [], own: [], takeBack: [], ownAgain: [] };
  for (const owned of await ownedBy(catalog, tables)) {
    const table = tables.find(({ oid }) => oid === owned.table)!;
    if (owned.identity !== "") await addIdentity(catalog, all, { id, owned, table, restart });
    else await addSerial(catalog, all, { id, owned, table, restart });
  }
  for (const { table, column, expression } of await defaultsOn(catalog, tables)) {
    const { sql, shelved } = tables.find(({ oid }) => oid === table)!;
    // Else whoever drops the twin or its column would be told that the shelf needs the sequence.
    all.own.push(`ALTER TABLE ${shelved} ALTER COLUMN ${quote(column)} DROP DEFAULT`);
    all.ownAgain.push(`ALTER TABLE ${sql} ALTER COLUMN ${quote(column)} SET DEFAULT ${expression}`);
  }
  return all;
}

interface Adding {
  id: ShelfId;
  owned: Owned;
  table: Aside;
  restart: boolean;
}

async function addIdentity(catalog: Lookup, all: Sequences, { id, owned, table, restart }: Adding) {
  const state = await sequenceState(catalog, owned.oid);
  if (state === undefined) return;
  const old = `${quote(shelfSchema(id))}.${quote(owned.name)}`;
  const identity = identitySql(owned.identity, state);
  all.give.push(`ALTER TABLE ${table.sql} ALTER COLUMN ${quote(owned.column)} ADD ${identity}`);
  if (!restart) all.give.push(setTo(state.name, old));
  all.takeBack.push(ahead(old, state.name));
}

async function addSerial(catalog: Lookup, all: Sequences, { id, owned, table, restart }: Adding) {
  const state = await sequenceState(catalog, owned.oid);
  if (state === undefined) return;
  const none = `ALTER SEQUENCE ${state.name} OWNED BY NONE`;
  const own = `ALTER SEQUENCE ${state.name} OWNED BY ${table.sql}.${quote(owned.column)}`;
  all.loosen.push(none);
  all.own.push(own);
  all.takeBack.push(none);
  all.ownAgain.push(own);
  if (!restart) return;
  const { keep, back } = placeOf(id, owned.oid, state);
  all.give.push(...keep, `ALTER SEQUENCE ${state.name} RESTART`);
  all.takeBack.push(...back);
}

interface Place {
  /** Before the sequence begins anew. */
  keep: string[];
  /** It goes on where it stood, or where it stands by now if that is further. */
  back: string[];
}

function placeOf(id: ShelfId, oid: string, { name, type, options }: SequenceState): Place {
  const stood = inShelf(id, `stood_${oid}`);
  const keep = [
    `CREATE SEQUENCE ${stood} AS ${type} ${options}`,
    `COMMENT ON SEQUENCE ${stood} IS ${literal(`where ${name.replaceAll('"', "")} stood`)}`,
    setTo(stood, name),
  ];
  return { keep, back: [ahead(name, stood), `DROP SEQUENCE ${stood}`] };
}

/** Of all sequences that TRUNCATE ... RESTART IDENTITY of these tables (with partitions) lets begin anew. */
export async function placesOf(
  catalog: Lookup,
  id: ShelfId,
  tables: readonly string[],
): Promise<Place> {
  const all: Place = { keep: [], back: [] };
  const family = await catalog.rows<{ oid: string }>(
    `WITH RECURSIVE f(oid) AS (SELECT unnest($1::oid[])
       UNION SELECT i.inhrelid FROM f JOIN pg_inherits i ON i.inhparent = f.oid)
     SELECT oid::text FROM f`,
    [tables],
  );
  for (const { oid } of await ownedBy(catalog, family)) {
    const state = await sequenceState(catalog, oid);
    if (state === undefined) continue;
    const { keep, back } = placeOf(id, oid, state);
    all.keep.push(...keep);
    all.back.push(...back);
  }
  return all;
}

function ownedBy(catalog: Lookup, tables: readonly Pick<Aside, "oid">[]): Promise<Owned[]> {
  return catalog.rows<Owned>(
    `SELECT d.objid::text AS oid, d.refobjid::text AS table, s.relname::text AS name,
       a.attname::text AS column, a.attidentity::text AS identity
     FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
       JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
     WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
       AND d.refobjid = ANY ($1::oid[]) AND d.deptype IN ('a', 'i') ORDER BY d.objid`,
    [tables.map(({ oid }) => oid)],
  );
}

/** Defaults that draw from a sequence which one of the tables owns. */
function defaultsOn(catalog: Lookup, tables: readonly Aside[]) {
  return catalog.rows<Record<"table" | "column" | "expression", string>>(
    `SELECT v.adrelid::text AS table, a.attname::text AS column, pg_get_expr(v.adbin, v.adrelid) AS expression
     FROM pg_attrdef v JOIN pg_attribute a ON a.attrelid = v.adrelid AND a.attnum = v.adnum
     WHERE v.adrelid = ANY ($1::oid[]) AND a.attgenerated = '' AND EXISTS (SELECT FROM pg_depend d
       JOIN pg_depend o ON o.classid = 'pg_class'::regclass AND o.objid = d.refobjid AND o.deptype = 'a'
         AND o.refclassid = 'pg_class'::regclass AND o.refobjid = ANY ($1::oid[])
       WHERE d.classid = 'pg_attrdef'::regclass AND d.objid = v.oid AND d.refclassid = 'pg_class'::regclass)
     ORDER BY v.oid`,
    [tables.map(({ oid }) => oid)],
  );
}

function setTo(sequence: string, other: string): string {
  return `SELECT pg_catalog.setval(${literal(sequence)}, last_value, is_called) FROM ${other}`;
}

/** To where `other` stands, if that is further. */
function ahead(sequence: string, other: string): string {
  return `SELECT pg_catalog.setval(${literal(sequence)}, o.last_value, o.is_called)
  FROM ${other} AS o, ${sequence} AS s, pg_catalog.pg_sequence AS p
  WHERE p.seqrelid = ${literal(sequence)}::pg_catalog.regclass
    AND (CASE WHEN p.seqincrement > 0 THEN o.last_value > s.last_value ELSE o.last_value < s.last_value END
      OR o.last_value = s.last_value AND o.is_called AND NOT s.is_called)`;
}
