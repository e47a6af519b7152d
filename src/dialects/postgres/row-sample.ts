// Owns: reading a few rows of a table as digests, and the same rows again by their keys. Text is what the
// types' output functions give under fixed settings, so it does not depend on the session. Each table has
// a short transaction of its own, which can write nothing and gives way to others.

import { messageOf } from "../../core/errors.ts";
import {
  digestLength,
  type RowSample,
  type SampledColumn,
  type SampledRow,
  type SampledTable,
  type SampleLimits,
  type SeenAgain,
  unreadDigest,
} from "../../core/row-sample.ts";
import type { RowSamples, Session } from "../dialect.ts";
import { quote } from "./names.ts";
import {
  factsOf,
  type SampledColumnFacts,
  type SampledTableFacts,
  tablesNamed,
} from "./sampled-table.ts";
import { troubleOf } from "./session.ts";
import { portably } from "./shelf-contents.ts";

/** Tables of so many blocks (4 MiB) are read as a whole; of larger ones only some, chosen at random. */
const [wholeBlocksMax, blocksWanted] = [512, 128];

/** Bytes, as they are stored: larger values are not read. */
const valueBytesMax = 65_536;

/** Characters: rows with a longer key are passed over. */
const keyLengthMax = 256;

export const rowSamples: RowSamples = { take, again };

async function take(
  session: Session,
  names: readonly string[],
  limits: SampleLimits,
): Promise<RowSample> {
  const sample: RowSample = { tables: [], leftOut: [] };
  const found = await tablesNamed(session, names);
  for (const { table } of found.slice(0, limits.tables)) {
    const taken = limits.isOver()
      ? "there was no more time"
      : await attempt(session, table, limits);
    if (typeof taken === "string") sample.leftOut.push({ table, why: taken });
    else if (taken) sample.tables.push(taken);
  }
  const more = found.length - limits.tables;
  if (more > 0) sample.leftOut.push({ table: `${more} more`, why: "they are too many" });
  return sample;
}

/** Or why there is nothing to be had; undefined: it is gone. */
async function attempt(
  session: Session,
  table: string,
  limits: SampleLimits,
): Promise<SampledTable | string | undefined> {
  try {
    return await apart(session, limits.statementMs, async () => {
      const facts = await factsOf(session, table);
      return facts && (await takeFrom(session, facts, limits));
    });
  } catch (error) {
    if (troubleOf(error).kind === "connection") throw error;
    return messageOf(error);
  }
}

async function takeFrom(
  session: Session,
  { oid, table, readable, foreign, columns, key, kind, blocks }: SampledTableFacts,
  limits: SampleLimits,
): Promise<SampledTable | string> {
  if (foreign) return "its rows are on another server";
  if (!readable) return "no privilege to read it";
  if (key === null) return "it has no key";
  const inKey = (name: string) => {
    const at = columns.findIndex((each) => each.name === name);
    return `pg_catalog.format('%s', ${shown(`s.c${at}`, columns[at])})`;
  };
  const share = Math.min(100, (100 * blocksWanted) / blocks);
  const isWhole = blocks <= wholeBlocksMax;
  const wanted = Math.max(1, Math.min(limits.rows, Math.floor(limits.digests / columns.length)));
  const rows = await session.query<{ key: string[]; writer: string; digests: string }>(
    `SELECT ARRAY[${key.map(({ name }) => inKey(name)).join(", ")}] AS key,
       s.writer, ${columns.map((column, index) => digest(`s.c${index}`, column)).join(" || ")} AS digests
     FROM (SELECT t.xmin::text AS writer, ${columns.map(({ name }, index) => `t.${quote(name)} AS c${index}`).join(", ")}
       FROM ${kind === "p" ? "" : "ONLY "}${table} AS t${isWhole ? "" : ` TABLESAMPLE SYSTEM (${share})`}
       ORDER BY random() LIMIT ${wanted}) AS s`,
  );
  const short = rows.filter(({ key: parts }) => parts.join("").length <= keyLengthMax);
  if (short.length < rows.length && short.length === 0) return "its keys are too long";
  if (rows.length === 0 && !isWhole) return "the blocks that were read had no rows";
  return {
    ...{ table, identity: oid, key: key.map(({ name }) => name), columns: columns.map(told) },
    rows: short.map(({ key: parts, writer, digests }): SampledRow => [parts, writer, digests]),
  };
}

async function again(
  session: Session,
  sampled: SampledTable,
  timeoutMs: number,
): Promise<SeenAgain> {
  try {
    return await apart(session, timeoutMs, async () => {
      const facts = await factsOf(session, sampled.table, sampled.key);
      return facts === undefined
        ? { kind: "missing", why: "it is not there" }
        : await seeAgain(session, sampled, facts);
    });
  } catch (error) {
    if (troubleOf(error).kind === "connection") throw error;
    return { kind: "unread", why: messageOf(error) };
  }
}

async function seeAgain(
  session: Session,
  sampled: SampledTable,
  facts: SampledTableFacts,
): Promise<SeenAgain> {
  const columns = facts.columns.map(told);
  const lost = sampled.key.find((name) => !isAsBefore(sampled, columns, name));
  if (lost !== undefined) {
    return { kind: "missing", why: `${quote(lost)} of its key is not there as it was` };
  }
  if (!facts.readable) return { kind: "unread", why: "no privilege to read it" };
  const key = facts.key ?? [];
  if (key.map(({ name }) => name).join("\n") !== sampled.key.join("\n")) {
    // Without its index each row would be looked for in the whole table.
    return { kind: "unread", why: "its key is no key any more" };
  }
  const parts = key.map((_, part) => `k${part}`);
  const isFound = key.map(({ name, equal }, part) => {
    const column = facts.columns.find((each) => each.name === name);
    return `t.${quote(name)} ${equal} ${shown(`k.k${part}`, column)}::${column?.type}`;
  });
  const found = await session.query<{ place: number; writer: string; digests: string }>(
    `SELECT k.place::int - 1 AS place, t.xmin::text AS writer,
       ${facts.columns.map((column) => digest(`t.${quote(column.name)}`, column)).join(" || ")} AS digests
     FROM unnest(${parts.map((_, part) => `$${part + 1}::text[]`).join(", ")})
         WITH ORDINALITY AS k(${parts.join(", ")}, place)
       JOIN ${facts.kind === "p" ? "" : "ONLY "}${facts.table} AS t ON ${isFound.join(" AND ")}`,
    parts.map((_, part) => sampled.rows.map(([texts]) => texts[part])),
  );
  return {
    ...{ kind: "read", identity: facts.oid, columns },
    rows: new Map(found.map(({ place, writer, digests }) => [place, { writer, digests }])),
  };
}

function isAsBefore({ columns }: SampledTable, now: readonly SampledColumn[], wanted: string) {
  const typeIn = (list: readonly SampledColumn[]) => list.find(([name]) => name === wanted)?.[1];
  return typeIn(now) !== undefined && typeIn(now) === typeIn(columns);
}

function told({ name, type }: SampledColumnFacts): SampledColumn {
  return [name, type];
}

/** SQL: not by a name that what it refers to may lose. */
function shown(value: string, column: SampledColumnFacts | undefined): string {
  return column?.isReference ? `${value}::oid` : value;
}

/** SQL. `%L` tells NULL from text, and calls the type's own output: a cast to text is another thing for some. */
function digest(value: string, column: SampledColumnFacts): string {
  const text = `pg_catalog.format('%L', ${shown(value, column)}) COLLATE "C"`;
  const hash = `encode(int8send(hashtextextended(${text}, 0)), 'base64')`;
  return `CASE WHEN pg_column_size(${value}) > ${valueBytesMax} THEN '${unreadDigest}'
    ELSE substr(${hash}, 1, ${digestLength}) END`;
}

/**
 * In a transaction that is committed, since a rollback would count as one where failures are watched.
 * Plans are held to the index: a table's statistics may be old.
 */
async function apart<T>(session: Session, timeoutMs: number, work: () => Promise<T>): Promise<T> {
  await session.run(`BEGIN READ ONLY; ${portably}; SET LOCAL row_security = on;
    SET LOCAL statement_timeout = ${timeoutMs}; SET LOCAL lock_timeout = ${Math.min(timeoutMs, 500)};
    SET LOCAL jit = off; SET LOCAL max_parallel_workers_per_gather = 0;
    SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_seqscan = off`);
  let isDone = false;
  try {
    const result = await work();
    isDone = true;
    return result;
  } finally {
    await session.run(isDone ? "COMMIT" : "ROLLBACK");
  }
}
