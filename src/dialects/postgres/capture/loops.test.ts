// Many firings: the time of statement and undo grows with their number, not with its square.

import { expect, test } from "vitest";
import { openBench } from "../../../../test/capture-harness.ts";
import { forEachServer } from "../../../../test/support/servers.ts";

forEachServer("captured loops", (server) => {
  async function measure(rows: number, body: string): Promise<number> {
    await using bench = await openBench(
      server,
      `CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t SELECT i, i FROM generate_series(1, ${rows}) AS i; ANALYZE t`,
    );
    const from = performance.now();
    const { capture } = await bench.migrate(
      `DO $$ BEGIN FOR i IN 1 .. ${rows} LOOP ${body}; END LOOP; END $$`,
      "t",
    );
    await bench.undo(capture);
    const ms = performance.now() - from;
    const [left] = await bench.migration.query("SELECT count(*)::int AS n FROM t WHERE n = id");
    expect(left).toEqual({ n: rows });
    expect(await bench.conflicts()).toEqual([]);
    return ms;
  }

  test.each([
    ["each row once", "UPDATE t SET n = -n WHERE id = i"],
    ["each row twice", "UPDATE t SET n = -n WHERE id = i; UPDATE t SET n = n - 1 WHERE id = i"],
    [
      "each row to another key",
      "UPDATE t SET id = -id WHERE id = i; UPDATE t SET n = 0 WHERE id = -i",
    ],
  ])("%s", async (_, body) => {
    const small = await measure(5_000, body);
    const large = await measure(50_000, body);
    expect(large / small).toBeLessThan(25);
  });

  test("100,000 firings", async () => {
    const body = "UPDATE t SET n = -n WHERE id = i";
    const small = await measure(10_000, body);
    const large = await measure(100_000, body);
    process.stderr.write(
      `firings: 10,000 in ${small.toFixed(0)} ms, 100,000 in ${large.toFixed(0)} ms\n`,
    );
    expect(large / small).toBeLessThan(25);
  });
});
