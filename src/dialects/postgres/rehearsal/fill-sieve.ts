// Owns: finding combinations of values that a table's checks let pass, by asking the server about many
// guesses at once. Checks are the server's to understand; nothing here reads them.

import type { Session } from "../../dialect.ts";
import { quote } from "../names.ts";
import type { Group } from "./fill-groups.ts";
import { inHalves, refusalOf } from "./fill-refusal.ts";
import type { Accepted, Cell, Mood, RowMaker } from "./fill-rows.ts";
import type { ColumnShape, TableShape } from "./table-shapes.ts";

/** Rounds of guesses; a check that lets none of them pass is given up. */
const rounds = 4;

/** Combinations beyond the rows wanted where equal ones are refused: some are there already. */
const spare = 24;

/** A guess at the columns of a group. */
interface Guess {
  kind: Mood["kind"];
  variant: number;
  cells: Cell[];
}

/** A group of columns, its guesses, and those of them that passed, by their text. */
interface Sieve {
  group: Group;
  guesses: Guess[];
  passed: Map<string, Guess>;
}

/** A table with a maker that is to know what passes. */
interface Sieved {
  table: TableShape;
  maker: RowMaker;
  /** Set to the check that none of the guesses passed. */
  unpassed?: string;
}

interface Asked {
  table: TableShape;
  sieves: Sieve[];
}

/** Leaves the makers with combinations that pass. */
export async function sieve(
  session: Session,
  tables: readonly Sieved[],
  rows: number,
): Promise<void> {
  const asked = new Map<Sieved, Asked>();
  for (const each of tables) {
    const checked = each.maker.groups.filter(({ checks }) => checks.length > 0);
    const sieves = checked.map((group) => ({ group, guesses: [], passed: new Map() }));
    if (sieves.length > 0) asked.set(each, { table: each.table, sieves });
  }
  for (let round = 0; round < rounds; round++) {
    const open: Asked[] = [];
    for (const [{ table, maker }, { sieves }] of asked) {
      const unsettled = sieves.filter(({ group, passed }) => {
        const unique = table.keys.some(({ columns }) =>
          columns.some((at) => group.columns.includes(at)),
        );
        return passed.size < (unique ? rows + spare : Math.min(rows, 16));
      });
      for (const each of unsettled) {
        each.guesses =
          round === 0 ? guessesOf(maker, each, rows) : closerTo(maker, each, rows, round);
      }
      if (unsettled.length > 0) open.push({ table, sieves: unsettled });
    }
    await askAll(session, open);
  }
  for (const [each, { sieves }] of asked) conclude(each, sieves);
}

function conclude(table: Sieved, sieves: readonly Sieve[]): void {
  for (const { group, passed } of sieves) {
    // Without any, rows are made as if there were no check, and the server says what is wrong.
    if (passed.size === 0) {
      const names = group.checks.map(({ name = "of its partition" }) => name);
      table.unpassed = `no value found that passes the check ${names.join(", ")}`;
      continue;
    }
    const accepted: Accepted = { plain: [], hinted: [], other: [] };
    for (const { kind, variant, cells } of passed.values()) {
      if (kind === "plain") accepted.plain.push(cells);
      else if (kind !== "hinted") accepted.other.push(cells);
      else accepted.hinted[variant] = [...(accepted.hinted[variant] ?? []), cells];
    }
    table.maker.accept(group, accepted);
  }
}

/** Kind after kind, so that those over which a check stumbles lie together, the dearest first. */
function guessesOf(maker: RowMaker, { group }: Sieve, rows: number): Guess[] {
  const kinds = ["plain", "hinted", "edge", "wild"] as const;
  const few = group.columns.length === 1 ? 8 : 24;
  const each = Math.max(few, Math.ceil(rows / 2));
  return kinds.flatMap((kind) =>
    Array.from({ length: each }, (_, n) => guess(maker, group, kind, n)).flat(),
  );
}

/** Beside those that passed, as far as there are any; and others. */
function closerTo(maker: RowMaker, { group, passed }: Sieve, rows: number, round: number): Guess[] {
  const each = Math.max(100, rows);
  const known = [...passed.values()];
  const bound = group.foreignKeys.flatMap(({ columns }) => columns);
  const free = group.columns.flatMap((at, place) => (bound.includes(at) ? [] : place));
  return Array.from({ length: each }, (_, n) => {
    const index = n + each * round;
    const like = known[n % known.length];
    const [wild] = guess(maker, group, "wild", index);
    if (like === undefined || wild === undefined) {
      return [...guess(maker, group, "hinted", index), ...(wild ? [wild] : [])];
    }
    // One cell of it from elsewhere.
    const place = free[n % free.length] ?? -1;
    const cells = like.cells.map((cell, at) => (at === place ? wild.cells[at] : cell));
    return [...guess(maker, group, like.kind, index, like.variant), { ...like, cells }];
  }).flat();
}

function guess(
  maker: RowMaker,
  group: Group,
  kind: Mood["kind"],
  index: number,
  variant = index % maker.variants(group),
): Guess[] {
  const cells = maker.guess(group, { kind, index, variant });
  return cells === undefined ? [] : [{ kind, variant, cells }];
}

/**
 * One query for all tables; where the server stumbles, one for each of their groups, and over the
 * guesses in halves.
 */
async function askAll(session: Session, tables: readonly Asked[]): Promise<void> {
  try {
    const whole = tables.map((each) => ({ ...each, numbers: numbersOf(each.sieves) }));
    if (tables.length > 0) await ask(session, whole);
  } catch (error) {
    refusalOf(error);
    for (const { table, sieves } of tables) {
      for (const each of sieves) {
        await inHalves(numbersOf([each]), { left: 16 }, (numbers) =>
          ask(session, [{ table, sieves: [each], numbers }]),
        );
      }
    }
  }
}

function numbersOf(sieves: readonly Sieve[]): number[] {
  const count = Math.max(0, ...sieves.map(({ guesses }) => guesses.length));
  return Array.from({ length: count }, (_, number) => number);
}

interface Question extends Asked {
  /** Of guesses. */
  numbers: readonly number[];
}

/** Row n of a table's part has the n-th guess of each of its groups. */
async function ask(session: Session, questions: readonly Question[]): Promise<void> {
  const values: (string | null)[][] = [];
  const parts = questions.map((question, place) => {
    const { table, sieves, numbers } = question;
    const columns = sieves.flatMap(({ group }) => columnsOf(group));
    const from = values.length;
    for (const { group, guesses } of sieves) {
      for (const at of columnsOf(group)) {
        const cell = group.columns.indexOf(at);
        values.push(numbers.map((number) => guesses[number]?.cells[cell] ?? null));
      }
    }
    const shapes = columns.map((at) => table.columns[at] as ColumnShape);
    return sieveSql(question, shapes, { place, from });
  });
  const sql = parts.join("\nUNION ALL ");
  const found = await session.query<{ t: number; n: number; passes: boolean[] }>(sql, values);
  for (const { t, n, passes } of found) {
    const { sieves, numbers } = questions[t] as Question;
    sieves.forEach(({ guesses, passed }, place) => {
      const guess = guesses[numbers[n - 1] ?? -1];
      if (guess === undefined || passes[place] !== true) return;
      const key = JSON.stringify(guess.cells);
      if (!passed.has(key)) passed.set(key, guess);
    });
  }
}

function sieveSql(
  { table, sieves }: Asked,
  columns: readonly ColumnShape[],
  { place, from }: { place: number; from: number },
): string {
  const verdicts = sieves.map(({ group }) =>
    group.checks.map(({ sql }) => `(${sql}) IS NOT FALSE`).join(" AND "),
  );
  // Checks name columns without their table, so the ordinal needs a name that no column has.
  const ordinal = quote(`n${table.columns.map(({ name }) => name[0]).join("")}`.slice(0, 60));
  const each = (write: (column: ColumnShape, at: number) => string) =>
    columns.map(write).join(", ");
  return `SELECT ${place} AS t, ${ordinal} AS n, ARRAY[${verdicts.join(", ")}] AS passes
    FROM (SELECT n::pg_catalog.int4 AS ${ordinal},
                 ${each(({ sql, typeSql }, at) => `c${at}::${typeSql} AS ${sql}`)}
            FROM ROWS FROM (${each((_, at) => `pg_catalog.unnest($${from + at + 1}::pg_catalog.text[])`)})
                 WITH ORDINALITY AS x (${each((_, at) => `c${at}`)}, n)) AS t`;
}

/** A check may read columns that take no value, which are in no group. */
function columnsOf({ columns, checks }: Group): number[] {
  return [...new Set([...columns, ...checks.flatMap((check) => check.columns)])];
}
