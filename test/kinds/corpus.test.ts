// Every statement of real projects' migrations is read and known by name.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { BelayError } from "../../src/core/errors.ts";
import { classify } from "../../src/dialects/postgres/classify.ts";
import { parseScript } from "../../src/dialects/postgres/parse.ts";
import { toSteps } from "../../src/dialects/postgres/steps.ts";
import { forEachCorpus } from "../support/corpora.ts";

interface Baseline {
  [corpus: string]: { migrations: Record<string, { class: string }> };
}

forEachCorpus("corpus", ({ name, dir, migrations }) => {
  const ups = migrations.map(({ up }) => up);
  const downs = migrations.flatMap(({ base, down }) =>
    down === undefined ? [] : [{ base, down }],
  );

  async function kindsIn(path: string): Promise<string[]> {
    const sql = readFileSync(path, "utf8");
    const parsed = await parseScript({ path, sql, line: 1, transaction: "auto" });
    expect(toSteps(parsed, "auto").flatMap(({ statements }) => statements).length).toBe(
      parsed.filter(({ node }) => !("TransactionStmt" in node)).length,
    );
    return parsed.flatMap((statement) => classify(statement).changes.map(({ kind }) => kind));
  }

  test("every up is read, and nothing in it is opaque", async () => {
    for (const up of ups) expect(await kindsIn(up), up).not.toContain("opaque");
  });

  test("every down is read, unless the server cannot read it either", async () => {
    const baseline: Baseline = JSON.parse(readFileSync(join(dir, "../baseline.json"), "utf8"));
    for (const { base, down } of downs) {
      try {
        expect(await kindsIn(down), down).not.toContain("opaque");
      } catch (error) {
        if (!(error instanceof BelayError)) throw error;
        expect(error.code, error.at).toBe("BELAY_SQL_SYNTAX");
        expect(baseline[name]?.migrations[base]?.class, down).toBe("down_failed");
      }
    }
  });
});
