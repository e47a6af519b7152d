// Writers at full speed while each mechanism of the undo window goes up and down. Each statement
// writes to the table and to a control table that no migration touches: afterwards both agree. No
// statement may fail but for names that the schema of that moment does not have.
//
// BELAY_STRESS_SECONDS=60 BELAY_STRESS_WRITERS=8 npx vitest run test/window-stress.test.ts

import pg from "pg";
import { expect, test } from "vitest";
import { createBelay } from "../src/index.ts";
import { createProject } from "./support/project.ts";
import { createDatabase, servers, type TestDatabase } from "./support/servers.ts";

/** Seconds between up and down, and a third of it around them. */
const seconds = Number(process.env.BELAY_STRESS_SECONDS ?? 0.6);
const writersCount = Number(process.env.BELAY_STRESS_WRITERS ?? 4);
const rows = 2_000;

interface Mechanism {
  up: string;
  /** Names after it, where they differ. */
  table?: string;
  a?: string;
  /** Whether writers of its shape know the column `b`. */
  losesB?: boolean;
  addsC?: boolean;
  /** Small as they are, the tables go the way of large ones. */
  asLarge?: boolean;
}

const mechanisms: Record<string, Mechanism> = {
  "drop column": { up: "ALTER TABLE data DROP COLUMN b", losesB: true },
  "drop table": { up: "DROP TABLE data" },
  "rename table": { up: "ALTER TABLE data RENAME TO items", table: "items" },
  "rename column": { up: 'ALTER TABLE data RENAME a TO "É"', a: '"É"' },
  "change of type": { up: "ALTER TABLE data ALTER a TYPE int USING (a % 1000000000)::int" },
  update: { up: "UPDATE data SET a = a + 1, b = upper(b)" },
  delete: { up: "DELETE FROM data WHERE id % 3 = 0" },
  truncate: { up: "TRUNCATE data" },
  "truncate, set aside": { up: "TRUNCATE data", asLarge: true },
  "change of type, online": {
    up: "ALTER TABLE data ALTER a TYPE int USING (a % 1000000000)::int",
    asLarge: true,
  },
  "add column": { up: "ALTER TABLE data ADD COLUMN c int", addsC: true },
  several: {
    up: `DO $$ BEGIN UPDATE data SET b = b || '!' WHERE id % 2 = 0; END $$;
      ALTER TABLE data RENAME a TO x; DELETE FROM data WHERE id % 5 = 0; ALTER TABLE data RENAME TO items`,
    table: "items",
    a: "x",
  },
};

const schema = `CREATE TABLE data (id int PRIMARY KEY, a bigint NOT NULL, b text);
  CREATE TABLE control (id int PRIMARY KEY, a bigint NOT NULL, b text, c int);
  INSERT INTO data SELECT i, i::bigint * 10000000, 'b' || i FROM generate_series(1, ${rows}) i;
  INSERT INTO control SELECT id, a, b FROM data;`;

/** What the application does, in the shape with or without the migration; one statement each. */
function statementOf(
  m: Mechanism,
  isNew: boolean,
  step: number,
  id: number,
  fresh: number,
): string {
  const table = isNew ? (m.table ?? "data") : "data";
  const a = isNew ? (m.a ?? "a") : "a";
  // No value that a migration makes: an equal one could not be told from it.
  const value = 3 * (step + 1) * 1_000 + 500;
  const withB = !(isNew && m.losesB);
  const withC = isNew && m.addsC === true;
  const cells = [[a, "a", `${value}`]];
  if (withB) cells.push(["b", "b", `'w${step}'`]);
  if (withC) cells.push(["c", "c", `${step}`]);
  const values = cells.map(([, , each]) => each).join(", ");
  if (step % 5 === 0) {
    return `WITH w AS (INSERT INTO ${table} (id, ${cells.map(([name]) => name).join(", ")})
        VALUES (${fresh}, ${values}) RETURNING id)
      INSERT INTO control (id, ${cells.map(([, name]) => name).join(", ")}) SELECT id, ${values} FROM w`;
  }
  if (step % 11 === 0) {
    return `WITH w AS (DELETE FROM ${table} WHERE id = ${id} RETURNING id)
      DELETE FROM control USING w WHERE control.id = w.id`;
  }
  const some = step % 2 === 0 ? cells : cells.slice(-1);
  return `WITH w AS (UPDATE ${table} SET ${some.map(([name, , each]) => `${name} = ${each}`).join(", ")}
      WHERE id = ${id} RETURNING id)
    UPDATE control SET ${some.map(([, name, each]) => `${name} = ${each}`).join(", ")} FROM w WHERE control.id = w.id`;
}

class Writers {
  done = 0;
  /** By SQLSTATE. */
  readonly refused = new Map<string, number>();
  private isOver = false;
  private readonly running: Promise<void>[];

  constructor(url: string, mechanism: Mechanism) {
    this.running = Array.from({ length: writersCount }, (_, lane) =>
      this.write(url, mechanism, lane),
    );
  }

  private async write(url: string, mechanism: Mechanism, lane: number): Promise<void> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    // Half of them begin with the shape that is not there yet; after a refusal they know better.
    let isNew = lane % 2 === 1;
    for (let step = lane; !this.isOver; step += 1) {
      // Each has rows of its own, so that the control's order of writes is the table's.
      const id = 1 + lane + writersCount * ((step * 7) % (rows / writersCount));
      const fresh = 1_000_000 + lane * 1_000_000 + step;
      try {
        await client.query(statementOf(mechanism, isNew, step, id, fresh));
        this.done += 1;
      } catch (error) {
        const { code = "", message } = error as pg.DatabaseError;
        const key = code.startsWith("42") ? code : `${code} ${message}`;
        this.refused.set(key, (this.refused.get(key) ?? 0) + 1);
        isNew = !isNew;
      }
    }
    await client.end();
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await Promise.all(this.running);
  }
}

/** Rows of one that the other has not. */
async function differing(db: TestDatabase, columns: string): Promise<unknown[]> {
  return [
    ...(await db.query(
      `SELECT ${columns} FROM data EXCEPT SELECT ${columns} FROM control LIMIT 5`,
    )),
    ...(await db.query(
      `SELECT ${columns} FROM control EXCEPT SELECT ${columns} FROM data LIMIT 5`,
    )),
  ];
}

const pause = (part: number) =>
  new Promise((resolve) => setTimeout(resolve, part * seconds * 1_000));

for (const [name, mechanism] of Object.entries(mechanisms)) {
  test(`no write is lost: ${name}`, { timeout: 600_000 + seconds * 10_000 }, async () => {
    await using project = await createProject({ "1_m.up.sql": mechanism.up });
    await using db = await createDatabase(servers[0]!);
    await db.query(schema);
    const belay = createBelay({
      ...{ databaseUrl: db.url, projectDir: project.dir },
      ...(mechanism.asLarge && { onlineAboveBytes: 0 }),
    });
    const writers = new Writers(db.url, mechanism);
    await pause(0.3);
    const applied = await belay.up();
    await pause(1);
    const undone = await belay.down();
    await pause(0.3);
    if (mechanism.addsC) {
      await belay.up();
      await pause(0.3);
    }
    await writers.stop();
    expect(applied.error?.toJSON()).toBeUndefined();
    expect(undone.error?.toJSON()).toBeUndefined();
    process.stderr.write(
      `window stress: ${name}, ${writers.done} writes, refused ${JSON.stringify(Object.fromEntries(writers.refused))}, up ${applied.applied[0]?.ms} ms, down ${undone.undone[0]?.ms} ms, ${undone.conflicts.length} conflicts\n`,
    );
    expect(writers.done).toBeGreaterThan(0);
    // Undefined table or column.
    expect(
      [...writers.refused.keys()].filter((code) => !["42P01", "42703"].includes(code)),
    ).toEqual([]);
    expect(await differing(db, mechanism.addsC ? "id, a, b, c" : "id, a, b")).toEqual([]);
  });
}
