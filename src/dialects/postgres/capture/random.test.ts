// Random rows, random statements under capture, random writes since: after the undo every row is
// what a model says, which knows rows as cells and nothing of SQL.

import fc from "fast-check";
import { expect, test } from "vitest";
import { id, openBench } from "../../../../test/capture-harness.ts";
import { forEachServer } from "../../../../test/support/servers.ts";

const columns = ["a", "b", "c"] as const;
type Row = Record<(typeof columns)[number], number | null>;
type Table = Map<number, Row>;

type Write =
  | { verb: "insert"; key: number; row: Row }
  | {
      verb: "update";
      from: number;
      to: number;
      column: (typeof columns)[number];
      value: number | null;
    }
  | { verb: "delete"; from: number; to: number }
  | { verb: "move"; key: number; to: number };

const keys = fc.integer({ min: 1, max: 8 });
const value = fc.option(fc.integer({ min: 0, max: 3 }), { nil: null, freq: 4 });
const row: fc.Arbitrary<Row> = fc.record({ a: value, b: value, c: value });
const range = fc.tuple(keys, keys).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));
const changes = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(range, fc.constantFrom(...columns), value)
      .map(
        ([{ from, to }, column, to_]): Write => ({ verb: "update", from, to, column, value: to_ }),
      ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(keys, row)
      .map(([key, each]): Write => ({ verb: "insert", key, row: each })),
  },
  {
    weight: 1,
    arbitrary: range.map(
      ({ from, to }): Write => ({ verb: "delete", from, to: Math.min(to, from + 2) }),
    ),
  },
);
const moves = fc.tuple(keys, keys).map(([key, to]): Write => ({ verb: "move", key, to }));

const start = fc.uniqueArray(fc.tuple(keys, row), { selector: ([key]) => key, maxLength: 8 });

function apply(table: Table, write: Write): void {
  if (write.verb === "insert") {
    if (!table.has(write.key)) table.set(write.key, { ...write.row });
  } else if (write.verb === "move") {
    const moved = table.get(write.key);
    if (!moved || table.has(write.to)) return;
    table.delete(write.key);
    table.set(write.to, moved);
  } else {
    for (const [key, each] of [...table]) {
      if (key < write.from || key > write.to) continue;
      if (write.verb === "delete") table.delete(key);
      else each[write.column] = write.value;
    }
  }
}

const text = (cell: number | null) => (cell === null ? "NULL" : String(cell));

function sqlOf(write: Write): string {
  if (write.verb === "insert") {
    const cells = columns.map((column) => text(write.row[column]));
    return `INSERT INTO t VALUES (${[write.key, ...cells].join(", ")}) ON CONFLICT DO NOTHING`;
  }
  if (write.verb === "move") {
    return `UPDATE t SET id = ${write.to} WHERE id = ${write.key} AND NOT EXISTS (SELECT FROM t WHERE id = ${write.to})`;
  }
  const where = `WHERE id BETWEEN ${write.from} AND ${write.to}`;
  if (write.verb === "delete") return `DELETE FROM t ${where}`;
  return `UPDATE t SET ${write.column} = ${text(write.value)} ${where}`;
}

const copy = (table: Table): Table => new Map([...table].map(([key, each]) => [key, { ...each }]));
const same = (left: Row | undefined, right: Row | undefined) =>
  columns.every((column) => left?.[column] === right?.[column]);

/** What the undo must leave, by key: rows keep their keys in these runs. */
function merged(theirs: Table, base: Table, ours: Table): { rows: Table; conflicts: string[] } {
  const rows = copy(ours);
  const conflicts: string[] = [];
  for (let key = 1; key <= 8; key += 1) {
    const [was, left, now] = [theirs.get(key), base.get(key), ours.get(key)];
    if (was && left) {
      const cells = columns.filter((column) => was[column] !== left[column]);
      if (cells.length === 0) continue;
      const lost = cells.filter((c) => !now || (now[c] !== left[c] && now[c] !== was[c]));
      if (lost.length > 0) conflicts.push(`${key} ${lost.join()}`);
      const back = rows.get(key);
      if (back) for (const c of cells) if (back[c] === left[c]) back[c] = was[c];
    } else if (was) {
      if (!now) rows.set(key, { ...was });
      else if (!same(now, was)) conflicts.push(`${key} `);
    } else if (left && now) {
      if (same(now, left)) rows.delete(key);
      else conflicts.push(`${key} `);
    }
  }
  return { rows, conflicts };
}

const shown = (table: Table) =>
  [...table].map(([key, each]) => `(${[key, ...columns.map((c) => each[c] ?? "")].join()})`).sort();

forEachServer("captured rows at random", (server) => {
  const setup = "CREATE TABLE t (id int PRIMARY KEY, a int, b int, c int)";

  async function run(
    first: [number, Row][],
    migration: Write[],
    since: Write[],
    bench: Awaited<ReturnType<typeof openBench>>,
  ) {
    const theirs: Table = new Map(first.map(([key, each]) => [key, { ...each }]));
    await bench.migration.run("TRUNCATE t; TRUNCATE belay.conflict");
    for (const [key, each] of first) {
      await bench.migration.run(sqlOf({ verb: "insert", key, row: each }));
    }
    const body = migration.map((write) => `${sqlOf(write)};`).join(" ");
    const { capture } = await bench.migrate(`DO $$ BEGIN ${body} END $$`, "t");
    const base = copy(theirs);
    for (const write of migration) apply(base, write);
    const ours = copy(base);
    for (const write of since) {
      await bench.application.run(sqlOf(write));
      apply(ours, write);
    }
    expect(await bench.rows("t")).toEqual(shown(ours));
    await bench.undo(capture);
    const conflicts = await bench.migration.query<{ line: string }>(
      `SELECT (key ->> 'id') || ' ' || coalesce(array_to_string(columns, ','), '') AS line
       FROM belay.conflict WHERE shelf = '${id}' ORDER BY 1`,
    );
    return { theirs, base, ours, conflicts: conflicts.map(({ line }) => line) };
  }

  const reports = { numRuns: 50, verbose: 1 } as const;
  /** Ten seconds where nothing else goes on. */
  const timeout = 300_000;

  test("cells and rows, three-way", { timeout }, async () => {
    await using bench = await openBench(server, setup);
    await fc.assert(
      fc.asyncProperty(
        start,
        fc.array(changes, { minLength: 1, maxLength: 6 }),
        fc.array(changes, { maxLength: 4 }),
        async (first, migration, since) => {
          const { theirs, base, ours, conflicts } = await run(first, migration, since, bench);
          const expected = merged(theirs, base, ours);
          expect(await bench.rows("t")).toEqual(shown(expected.rows));
          expect(conflicts).toEqual(expected.conflicts.sort());
        },
      ),
      reports,
    );
  });

  test("rows that move to other keys too: with no writes since, all is as before", {
    timeout,
  }, async () => {
    await using bench = await openBench(server, setup);
    await fc.assert(
      fc.asyncProperty(
        start,
        fc.array(fc.oneof(changes, moves), { minLength: 1, maxLength: 8 }),
        async (first, migration) => {
          const { theirs, conflicts } = await run(first, migration, [], bench);
          expect(await bench.rows("t")).toEqual(shown(theirs));
          expect(conflicts).toEqual([]);
        },
      ),
      reports,
    );
  });

  test("rows that move, writes since: what was written since is there still", {
    timeout,
  }, async () => {
    await using bench = await openBench(server, setup);
    await fc.assert(
      fc.asyncProperty(
        start,
        fc.array(fc.oneof(changes, moves), { minLength: 1, maxLength: 6 }),
        fc.array(keys, { minLength: 1, maxLength: 3 }),
        async (first, migration, written) => {
          // Values that nothing else has, so that they can be found wherever their rows are.
          const since = [...new Set(written)].map(
            (key): Write => ({ verb: "update", from: key, to: key, column: "a", value: 100 + key }),
          );
          const { ours } = await run(first, migration, since, bench);
          const marks = (rows: string[]) =>
            rows
              .join(" ")
              .match(/\b10\d\b/g)
              ?.sort() ?? [];
          expect(marks(await bench.rows("t"))).toEqual(marks(shown(ours)));
        },
      ),
      reports,
    );
  });
});
