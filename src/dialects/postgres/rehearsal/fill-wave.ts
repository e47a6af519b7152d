// Owns: filling tables that do not refer to each other. What they have to ask the server is asked at
// once, and so are their rows brought in, as long as nothing is refused; a table with something
// peculiar is filled by itself.

import type { Filled } from "../../rehearsal.ts";
import {
  type Inserted,
  insertBatch,
  insertRows,
  insertTogether,
  insertUntriggered,
} from "./fill-insert.ts";
import { type Filling, givenTo, keysToLoad, makerOf } from "./fill-makers.ts";
import type { MadeRow, RowMaker } from "./fill-rows.ts";
import { sieve } from "./fill-sieve.ts";
import type { TableShape } from "./table-shapes.ts";

interface Job {
  turn: readonly TableShape[];
  table: TableShape;
  maker: RowMaker;
  first: MadeRow[];
  /** The check that no guess passed. */
  unpassed?: string;
}

/** Rows per table above which a table is a statement's work by itself. */
const small = 100;

/** Tables of one turn need each other and are filled by one statement. */
export async function fillWave(
  filling: Filling,
  turns: readonly (readonly TableShape[])[],
): Promise<Filled[]> {
  const { session, options, parents } = filling;
  await parents.load(turns.flat().flatMap((table) => keysToLoad(filling, table)));
  const jobs = turns.flatMap((turn) =>
    turn.map((table): Job => ({ turn, table, maker: makerOf(filling, turn, table), first: [] })),
  );
  await sieve(session, jobs, options.rows);
  for (const job of jobs) job.first = job.maker.first(options.rows);
  const plain = jobs.filter(
    ({ turn, table, first }) =>
      turn.length === 1 && !table.triggers && first.length === options.rows,
  );
  const filled = options.rows <= small ? await insertBatch(session, plain) : new Set<Job>();
  const results = [...filled].map(({ table }) => ({ table: table.name, inserted: options.rows }));
  for (const job of jobs.filter((each) => !filled.has(each) && each.turn.length === 1)) {
    results.push(await fillTable(filling, job));
  }
  for (const turn of turns.filter((each) => each.length > 1)) {
    results.push(
      ...(await fillCircle(
        filling,
        jobs.filter((job) => job.turn === turn),
      )),
    );
  }
  return results;
}

async function fillTable(filling: Filling, job: Job): Promise<Filled> {
  const { session, options } = filling;
  const { table } = job;
  const inserted = await insertRows(session, job, options.rows);
  if (inserted.count === 0 && table.triggers && givenTo(table, options) === undefined) {
    const again: Job = { ...job, maker: makerOf(filling, job.turn, table) };
    await sieve(session, [again], options.rows);
    inserted.count = await insertUntriggered(session, table, again.maker.first(options.rows));
  }
  return filledOf(job, options.rows, inserted);
}

async function fillCircle({ session, options }: Filling, jobs: readonly Job[]): Promise<Filled[]> {
  const inserted = await insertTogether(session, jobs);
  return jobs.map((job, place) => filledOf(job, options.rows, inserted[place]));
}

function filledOf(
  { table, unpassed, maker }: Job,
  wanted: number,
  { count, refusal }: Inserted = { count: 0 },
): Filled {
  const filled = { table: table.name, inserted: count };
  if (count >= wanted) return filled;
  const unsaid = "a trigger, a rule or a unique key kept the other rows out";
  return { ...filled, why: refusal?.words ?? unpassed ?? maker.why ?? unsaid };
}
