// Owns: one batch of a statement that is run until nothing is left. A sweep goes over a table's pages
// in their order; rows that were written while it went are found by the next one.

import type { PlannedStatement } from "../../core/plan.ts";
import type { Batch, Session } from "../dialect.ts";

interface Sweep {
  /** The first page of the next batch. */
  page: number;
  /** Behind the last page, as it was when the sweep began. */
  end: number;
  /** Rows changed in this sweep. */
  changed: number;
}

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
  const sweep = (progress as Sweep | undefined) ?? (await newSweep(session, repeat.sweeps));
  const to = sweep.page + pages;
  const rows = await session.run(between(sql, sweep.page, to));
  const changed = sweep.changed + rows;
  if (to < sweep.end) {
    return { rows, share: to / sweep.end, progress: { page: to, end: sweep.end, changed } };
  }
  return {
    rows,
    share: 1,
    ...(changed > 0 && { progress: await newSweep(session, repeat.sweeps) }),
  };
}

async function newSweep(session: Session, table: string): Promise<Sweep> {
  const [row] = await session.query<{ pages: number }>(
    `SELECT (pg_relation_size($1::regclass) / current_setting('block_size')::int)::float8 AS pages`,
    [table],
  );
  return { page: 0, end: row?.pages ?? 0, changed: 0 };
}

/** Written into the text, which is Belay's own: a plan with parameters would not know the range. */
function between(sql: string, from: number, to: number): string {
  return sql.replaceAll("$1", `'(${from},0)'::tid`).replaceAll("$2", `'(${to},0)'::tid`);
}
