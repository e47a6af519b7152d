// The test support tests itself: what every other test leans on must be able to fail too.

import { expect, test } from "vitest";
import { clientsMissing, pgDump, psql } from "./clients.ts";
import { corpora, forEachCorpus } from "./corpora.ts";
import { createDatabase, forEachServer, servers, templateFrom } from "./servers.ts";

test("there is a PostgreSQL 18", () => {
  expect(servers[0]?.name).toBe("postgres-18");
});

forEachServer("databases", (server) => {
  test("is the version that its name says", async () => {
    await using db = await createDatabase(server);
    const [row] = await db.query("SHOW server_version_num");
    const major = Math.floor(Number(row?.server_version_num) / 10_000);
    expect(server.name).toBe(`postgres-${major}`);
  });

  test("are separate, and gone after use", async () => {
    let name: string;
    {
      await using one = await createDatabase(server);
      await using two = await createDatabase(server);
      await one.query("CREATE TABLE only_here (a int); INSERT INTO only_here VALUES (1)");
      expect(await one.query("SELECT a FROM only_here WHERE a = $1", [1])).toEqual([{ a: 1 }]);
      await expect(two.query("SELECT 1 FROM only_here")).rejects.toThrow("does not exist");
      name = one.name;
    }
    await using other = await createDatabase(server);
    expect(await other.query("SELECT 1 FROM pg_database WHERE datname = $1", [name])).toEqual([]);
  });

  test("copies carry rows and do not share them", async () => {
    await using db = await createDatabase(server);
    await db.query("CREATE TABLE t AS SELECT 1 AS a");
    await db.disconnect();
    await using template = await templateFrom(db.url);
    await using one = await template.copy();
    await using two = await template.copy();
    await one.query("UPDATE t SET a = 2");
    expect(await two.query("SELECT a FROM t")).toEqual([{ a: 1 }]);
    expect(await db.query("SELECT a FROM t")).toEqual([{ a: 1 }]);
  });
});

test.skipIf(clientsMissing)(
  "psql stops at the first error and undoes a single transaction",
  async () => {
    await using db = await createDatabase();
    const sql = "CREATE TABLE t (a int); SELECT 1/0; CREATE TABLE u (a int)";
    await expect(psql(db.url, { sql }, { singleTransaction: true })).rejects.toThrow(
      "division by zero",
    );
    expect(await db.query("SELECT to_regclass('t') AS t")).toEqual([{ t: null }]);
    await expect(psql(db.url, { sql })).rejects.toThrow("division by zero");
    expect(await db.query("SELECT to_regclass('t') AS t, to_regclass('u') AS u")).toEqual([
      { t: "t", u: null },
    ]);
  },
);

const fifteen = servers.find((server) => server.name === "postgres-15");

test.skipIf(clientsMissing || !fifteen)("two dumps of one schema are equal", async () => {
  await using db = await createDatabase(fifteen);
  await db.query("CREATE TABLE t (a int)");
  const dump = await pgDump(db.url);
  expect(dump).toContain("CREATE TABLE public.t");
  expect(await pgDump(db.url)).toBe(dump);
});

test("an absent corpus is empty and a present one is whole", () => {
  for (const corpus of corpora()) {
    expect(corpus.migrations.length).toBeGreaterThan(20);
    expect(corpus.migrations.some((migration) => migration.down)).toBe(true);
  }
});

forEachCorpus("corpus", (corpus) => {
  test.skipIf(clientsMissing)("its first migrations run", async () => {
    await using db = await createDatabase();
    for (const { up, noTransaction } of corpus.migrations.slice(0, 5)) {
      await psql(db.url, { file: up }, { singleTransaction: !noTransaction });
    }
    const [row] = await db.query("SELECT count(*)::int AS n FROM pg_class WHERE relkind = 'r'");
    expect(row?.n).toBeGreaterThan(68);
  });
});
