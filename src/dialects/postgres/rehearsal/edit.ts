// Owns: updating and deleting a few rows as an application would: found by their key, with values
// that checks and keys let pass. What the server refuses is tried otherwise, then left; only a lost
// connection is thrown. Every statement is its own transaction.

import type { Session } from "../../dialect.ts";
import type { Edited, EditedTable, EditOptions } from "../../rehearsal.ts";
import { type KnownRow, keyOf, keyText, readRows, whereSql } from "./edit-rows.ts";
import type { Group } from "./fill-groups.ts";
import { type Filling, makerOf } from "./fill-makers.ts";
import { Parents } from "./fill-parents.ts";
import { type Refusal, refusalOf } from "./fill-refusal.ts";
import { type Cell, cellSql, type Mood, type RowMaker } from "./fill-rows.ts";
import { sieve } from "./fill-sieve.ts";
import { type KeyShape, readShapes, rowsOf, type TableShape } from "./table-shapes.ts";
import { learnValues } from "./values-learned.ts";
import { Random } from "./values-random.ts";

/** Attempts per row to be updated, and rows tried per row to be deleted. */
const attempts = 8;

/** So that edited values are others than those that `fill` made of the same seed. */
const apart = 1_000_003;

interface Job {
  table: TableShape;
  key: KeyShape;
  maker: RowMaker;
  random: Random;
  /** Not touched yet; in an order of the seed. */
  rows: KnownRow[];
  edited: Edited;
  settable: ReadonlySet<string> | undefined;
}

/** In the order of `tables`. */
export async function edit(session: Session, options: EditOptions): Promise<Edited[]> {
  const shapes = await readShapes(session);
  const all = new Map(shapes.tables.map((table) => [table.oid, table]));
  const wanted = new Map(options.tables.map((table) => [table.name, table]));
  const chosen = shapes.tables.filter(({ name }) => wanted.has(name));
  const made = { seed: options.seed + apart, rows: 8 };
  const filling: Filling = {
    ...{ session, options: made, parents: new Parents(session, all, made) },
    around: await learnValues(session, shapes, made.rows),
    order: { waves: [], late: new Set(), circular: new Set() },
  };
  const jobs = await jobsOf(filling, chosen, wanted);
  // Rows that others refer to cannot be deleted, but can be updated.
  for (const job of jobs) await deleteRows(session, job, options.deletes);
  for (const job of jobs) await updateRows(session, job, options.updates);
  return options.tables.map(({ name }) => {
    const job = jobs.find(({ table }) => table.name === name);
    if (job !== undefined) return job.edited;
    const there = chosen.some((table) => table.name === name);
    const why = there ? "it has no key to find a row by" : "it is not there";
    return { table: name, updated: 0, deleted: 0, why };
  });
}

async function jobsOf(
  filling: Filling,
  tables: readonly TableShape[],
  wanted: ReadonlyMap<string, EditedTable>,
): Promise<Job[]> {
  const { session, parents, options } = filling;
  const keyed = tables.flatMap((table) => {
    const key = keyOf(table);
    return key === undefined ? [] : [{ table, key }];
  });
  await parents.load(keyed.flatMap(({ table }) => table.foreignKeys));
  const rows = await readRows(
    session,
    keyed.map(({ table }) => table),
  );
  const jobs = keyed.map(({ table, key }): Job => {
    const random = new Random(options.seed, table.name, "edit");
    const edited = { table: table.name, updated: 0, deleted: 0 };
    const { spared, columns } = wanted.get(table.name) ?? {};
    const free = (rows.get(table) ?? []).filter((row) => !spared?.has(keyText(key, row)));
    const maker = makerOf(filling, [table], table);
    return { table, key, random, edited, rows: random.shuffled(free), maker, settable: columns };
  });
  await sieve(session, jobs, options.rows);
  return jobs;
}

async function updateRows(session: Session, job: Job, updates: number): Promise<void> {
  const { random, edited, rows } = job;
  const groups = random.shuffled(updatable(job));
  const none = "it has no column to update beside its key";
  let why = groups.length > 0 ? "it has no more rows" : none;
  while (edited.updated < updates && groups.length > 0) {
    const row = rows.pop();
    if (row === undefined) break;
    // One column, or what belongs together; every second time something else with it.
    const some = groups.splice(0, 1 + (edited.updated % 2));
    groups.push(...some);
    const { updated, refusal } = await updateRow(session, job, row, some);
    if (updated) edited.updated += 1;
    else why = refusal?.words ?? why;
  }
  if (edited.updated < updates) edited.why ??= why;
}

interface Outcome {
  updated: boolean;
  refusal?: Refusal | undefined;
}

async function updateRow(
  session: Session,
  job: Job,
  row: KnownRow,
  groups: readonly Group[],
): Promise<Outcome> {
  let refusal: Refusal | undefined;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const values = newValues(job, groups, attempt);
    if (values.size === 0) continue;
    try {
      const now = await setValues(session, job, row, values);
      // Deleted together with a row of another table, or kept as it is by a trigger.
      if (now === undefined) break;
      const before = [...values.keys()].map((at) => row[at]);
      if (now.some((cell, place) => cell !== before[place])) return { updated: true };
    } catch (error) {
      refusal = refusalOf(error);
    }
  }
  return { updated: false, refusal };
}

/** Groups with a column to set; those of foreign keys only where there are no others. */
function updatable(job: Job): Group[] {
  const { table, maker } = job;
  const able = maker.groups.filter(({ columns }) => columns.some((at) => isFree(job, at)));
  const plain = able.filter(({ foreignKeys }) => foreignKeys.length === 0);
  // Never within a hierarchy, which might become a circle.
  const others = able.filter(({ foreignKeys }) =>
    foreignKeys.every(({ target }) => target !== table.oid && target !== table.parent),
  );
  return plain.length > 0 ? plain : others;
}

function isFree({ table, key, settable }: Job, at: number): boolean {
  const column = table.columns[at];
  if (column === undefined || key.columns.includes(at)) return false;
  if (settable !== undefined && !settable.has(column.name)) return false;
  return !column.generated && !column.always;
}

function newValues(job: Job, groups: readonly Group[], attempt: number): Map<number, Cell> {
  const { maker, random } = job;
  const kinds: Mood["kind"][] = ["edge", "plain", "hinted", "wild"];
  const index = random.below(1_000_000);
  const mood = { kind: kinds[attempt % kinds.length] ?? "wild", index, variant: random.below(50) };
  const values = new Map<number, Cell>();
  for (const group of groups) {
    const cells = maker.choose(group, mood, attempt > 0);
    group.columns.forEach((at, place) => {
      if (cells !== undefined && isFree(job, at)) values.set(at, cells[place]);
    });
  }
  return values;
}

/** The cells as they are then; undefined when there is no such row to be updated. */
async function setValues(
  session: Session,
  { table, key }: Job,
  row: KnownRow,
  values: ReadonlyMap<number, Cell>,
): Promise<KnownRow | undefined> {
  const name = (at: number) => table.columns[at]?.sql;
  const sets = [...values].map(([at, cell]) => `${name(at)} = ${cellSql(cell)}`);
  const now = [...values.keys()].map((at) => `${name(at)}::pg_catalog.text`);
  const [found] = await session.query<{ now: KnownRow }>(
    `UPDATE ${rowsOf(table)} SET ${sets.join(", ")} WHERE ${whereSql(table, key, row)}
      RETURNING ARRAY[${now.join(", ")}] AS now`,
  );
  return found?.now;
}

async function deleteRows(session: Session, job: Job, deletes: number): Promise<void> {
  const { table, key, edited } = job;
  const kept: KnownRow[] = [];
  let why = "it has no more rows";
  while (edited.deleted < deletes && kept.length < deletes * attempts) {
    const row = job.rows.pop();
    if (row === undefined) break;
    try {
      const sql = `DELETE FROM ${rowsOf(table)} WHERE ${whereSql(table, key, row)}`;
      if ((await session.run(sql)) > 0) edited.deleted += 1;
    } catch (error) {
      why = refusalOf(error).words;
      kept.push(row);
    }
  }
  job.rows.unshift(...kept);
  if (edited.deleted < deletes) edited.why = why;
}
