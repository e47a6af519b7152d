// Owns: one batch of a statement that is run until nothing is left. A sweep goes over a table's pages
// in their order. A row that an application changes moves, perhaps to pages that the sweep has passed
// (vacuum makes room there), so at the end of each it is asked, in one snapshot, what is left.

import type { PlannedStatement, Sweeps } from "../../core/plan.ts";
import type { Batch, Session } from "../dialect.ts";
import { doBlock } from "./capture/shelf.ts";
import { literal } from "./names.ts";

interface Sweep {
  /** The first page of the next batch. */
  page: number;
  /** Behind the last page, as it was when the sweep began. */
  end: number;
  /** From 1. */
  number: number;
}

/** Then one statement takes what is left, and keeps it locked while it reads the table. */
const mostSweeps = 10;

/** Behind every page that a table can have. */
const behindAll = 2 ** 32 - 1;

export async function runBatch(
  session: Session,
  { sql, repeat }: PlannedStatement,
  progress: unknown,
  pages: number,
): Promise<Batch> {
  if (repeat?.quietly) await session.run("SET LOCAL session_replication_role = replica");
  if (repeat?.sweeps === undefined) {
    const rows = await session.run(sql);
    return { rows, share: null, progress: rows > 0 ? "again" : undefined };
  }
  const { sweeps } = repeat;
  const sweep = (progress as Sweep | undefined) ?? (await newSweep(session, sweeps, 1));
  if (sweep.page > 0 && sweep.page >= sweep.end) return sweptOver(session, sql, sweeps, sweep);
  const to = sweep.page + pages;
  const rows = await session.run(between(sql, sweep.page, to));
  const share = Math.min(1, to / Math.max(1, sweep.end));
  return { rows, share, progress: { ...sweep, page: to } };
}

/** Asked in a transaction of its own: no row is locked while the table is read. */
async function sweptOver(
  session: Session,
  sql: string,
  sweeps: Sweeps,
  { page, number }: Sweep,
): Promise<Batch> {
  const [answer] = await session.query<{ left: boolean }>(`SELECT EXISTS (${sweeps.left}) AS left`);
  if (!answer?.left) return { rows: 0, share: 1 };
  if (number < mostSweeps) {
    return { rows: 0, share: 1, progress: await newSweep(session, sweeps, number + 1) };
  }
  if (page >= behindAll) await session.run(refusal(sweeps));
  const rows = await session.run(between(sql, 0, behindAll));
  return { rows, share: 1, progress: { page: behindAll, end: behindAll, number } };
}

async function newSweep(session: Session, { table }: Sweeps, number: number): Promise<Sweep> {
  const [row] = await session.query<{ pages: number }>(
    `SELECT (pg_relation_size($1::regclass) / current_setting('block_size')::int)::float8 AS pages`,
    [table],
  );
  return { page: 0, end: row?.pages ?? 0, number };
}

/** In the server's words, like everything that fails a statement. */
function refusal({ table }: Sweeps): string {
  const message = `rows of ${table} cannot be filled: a trigger or policy keeps them from being changed`;
  return doBlock(`BEGIN
  RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = ${literal(message)};
END`);
}

/** Written into the text, which is Belay's own: a plan with parameters would not know the range. */
function between(sql: string, from: number, to: number): string {
  return sql.replaceAll("$1", `'(${from},0)'::tid`).replaceAll("$2", `'(${to},0)'::tid`);
}
