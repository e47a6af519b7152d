// Owns: asking what stands against an undo, as things are now: its questions, one by one, in a
// transaction that can write nothing, each for no longer than a given time. What cannot be answered
// is unknown, and never none.

import type { Lock, Question, ReadTable, UndoStatement } from "../../core/plan.ts";
import type { Answer, Session, Standing } from "../dialect.ts";
import { mergeLocks } from "./compose.ts";
import { quote } from "./names.ts";
import { pathText } from "./search-path.ts";
import { isOurSchema } from "./shelf-names.ts";

export async function standing(
  session: Session,
  statements: readonly UndoStatement[],
  planned: readonly { locks: readonly Lock[]; searchPath?: readonly string[] }[],
  { timeoutMs, heard }: { timeoutMs: number; heard?: (answer: Answer) => void },
): Promise<Standing> {
  await session.run(`BEGIN READ ONLY; SET LOCAL statement_timeout = ${timeoutMs};
    SET LOCAL lock_timeout = ${timeoutMs}; SET LOCAL row_security = off`);
  try {
    const answers: Answer[] = [];
    const written: ReadTable[] = [];
    for (const { asks = [], searchPath } of statements) {
      for (const question of asks) {
        const isBehind =
          question.what !== "rows" && question.reads.some((each) => isIn(written, each));
        const answer = isBehind
          ? unknown(question, behind)
          : await ask(session, question, searchPath);
        answers.push(answer);
        heard?.(answer);
      }
      for (const { what, reads } of asks) {
        if (what === "rows") written.push(...reads.map(({ oid }) => ({ oid, columns: [] })));
        if (what === "misfits") written.push(...reads.filter(({ columns }) => columns.length > 0));
      }
    }
    return { locks: await strongestLocks(session, planned), answers };
  } finally {
    await session.run("ROLLBACK");
  }
}

const behind =
  "a later statement of the migration has changed the same rows, and is taken back first";

/** No columns: all of the table. */
function isIn(written: readonly ReadTable[], { oid, columns }: ReadTable): boolean {
  return written.some(
    (each) =>
      each.oid === oid &&
      (each.columns.length === 0 ||
        columns.some((column) => each.columns.some((other) => isSame(column, other)))),
  );
}

type Column = ReadTable["columns"][number];

function isSame(left: Column, right: Column): boolean {
  return left.number === undefined ? left.name === right.name : left.number === right.number;
}

function unknown({ what, object }: Question, why: string): Answer {
  return { what, object, count: null, why };
}

async function ask(
  session: Session,
  question: Question,
  searchPath: readonly string[] | undefined,
): Promise<Answer> {
  const { what, object, sql, reads } = question;
  if (sql === null) return unknown(question, "only the rollback itself can tell");
  await session.run("SAVEPOINT asked");
  try {
    await enter(session, searchPath);
    const tables: string[] = [];
    for (const [index, table] of reads.entries()) {
      const source = await sourceOf(session, table);
      if (source === undefined) return unknown(question, "what it is about is not there any more");
      tables.push(`asked_${index + 1} AS NOT MATERIALIZED (${source})`);
    }
    const [row] = await session.query(
      `${tables.length > 0 ? `WITH ${tables.join(", ")} ` : ""}${sql}`,
    );
    const count = Object.values(row ?? {})[0];
    if (count === null || count === undefined)
      return unknown(question, "only the rollback itself can tell");
    return { what, object, count: Number(count) };
  } catch (error) {
    return unknown(question, (error as Error).message);
  } finally {
    await session.run("ROLLBACK TO SAVEPOINT asked");
  }
}

interface Found extends Record<string, unknown> {
  table: string;
  names: Record<string, string> | null;
}

/** Its rows, under the names that the question has for the columns. */
async function sourceOf(
  session: Session,
  { oid, only, columns }: ReadTable,
): Promise<string | undefined> {
  const [found] = await session.query<Found>(
    `SELECT format('%I.%I', n.nspname, c.relname) AS table,
       (SELECT json_object_agg(a.attnum, a.attname) FROM pg_catalog.pg_attribute a
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS names
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = $1::oid`,
    [oid],
  );
  if (found === undefined) return undefined;
  const cells: string[] = [];
  for (const { name, number } of columns) {
    const current = number === undefined ? name : found.names?.[number];
    if (current === undefined) return undefined;
    cells.push(`, ${quote(current)} AS ${quote(name)}`);
  }
  return `SELECT tableoid, ctid${cells.join("")} FROM ${only ? "ONLY " : ""}${found.table}`;
}

interface Placed extends Record<string, unknown> {
  name: string;
}

/**
 * For each table that is there now, by the name that it has now. One that an undo statement finds under
 * another name has been renamed by an earlier one, which takes the strongest lock anyway.
 */
async function strongestLocks(
  session: Session,
  planned: readonly { locks: readonly Lock[]; searchPath?: readonly string[] }[],
): Promise<Lock[]> {
  const all: Lock[] = [];
  for (const { locks, searchPath } of planned) {
    if (locks.length === 0) continue;
    await enter(session, searchPath);
    for (const { table, mode } of locks) {
      const [found] = await session.query<Placed>(
        `SELECT format('%I.%I', n.nspname, c.relname) AS name
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
         WHERE c.oid = pg_catalog.to_regclass($1) AND NOT ${isOurSchema("n.nspname")}`,
        [table],
      );
      if (found) all.push({ table: found.name, mode });
    }
  }
  return mergeLocks(all);
}

async function enter(session: Session, searchPath: readonly string[] = []): Promise<void> {
  const text = pathText(searchPath);
  await session.query("SELECT pg_catalog.set_config('search_path', $1, true)", [text]);
}
