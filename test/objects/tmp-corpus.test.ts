import { readFileSync, appendFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { describeDifference, differences } from "../../src/core/catalog.ts";
import { extractCatalog } from "../../src/dialects/postgres/catalog/extract.ts";
import { classify, recall } from "../../src/dialects/postgres/classify.ts";
import { parseScript } from "../../src/dialects/postgres/parse.ts";
import { connect } from "../../src/dialects/postgres/session.ts";
import { lookupOf, runUndo } from "../kinds-harness.ts";
import { forEachCorpus } from "../support/corpora.ts";
import { createDatabase } from "../support/servers.ts";
import { toSteps } from "../../src/dialects/postgres/steps.ts";

const out = "/tmp/k/corpus.txt"; writeFileSync(out, "");
const mine = /trigger|function|view|sequence|enum|type|domain|comment|grant|revoke|extension|schema|polic|rule|publication|rename-(?!col|tab|ind|con)/;
forEachCorpus("tmp", ({ name, migrations }) => {
  test("walk", async () => {
    const db = await createDatabase();
    const session = await connect({ url: db.url, applicationName: "x" });
    const counts: Record<string, number> = {};
    let undone = 0;
    for (const { base, up } of migrations) {
      const sql = readFileSync(up, "utf8");
      const parsed = await parseScript({ path: up, sql, line: 1, transaction: "auto" });
      const before = await extractCatalog(session);
      const byLine = new Map(parsed.map((p) => [`${p.line} ${p.sql}`, p]));
      const run = async () => {
        const undos: any[] = [];
        for (const step of toSteps(parsed, "auto")) {
          if (step.transactional) await session.run("BEGIN");
          for (const st of step.statements) {
            const p = byLine.get(`${st.line} ${st.sql}`)!;
            const r = await recall(p, lookupOf(session));
            if (st.copyData === undefined) await session.run(st.sql); else await session.copyIn(st.sql, st.copyData);
            const undo = (await r.settle?.(lookupOf(session))) ?? r.undo;
            const path = String((await session.query("SELECT current_setting('search_path') AS p"))[0]?.p);
            undos.push({ undo, path, kind: st.changes[0]?.kind, sql: st.sql });
          }
          if (step.transactional) await session.run("COMMIT");
        }
        await session.run("RESET ALL");
        return undos;
      };
      const undos = await run();
      for (const u of undos) { const k = `${u.kind} ${u.undo.kind}`; counts[k] = (counts[k] ?? 0) + 1; if (u.undo.kind !== "exact" && mine.test(u.kind)) appendFileSync(out, `${name} ${base} ${u.kind} ${JSON.stringify(u.undo).slice(0, 300)}\n`); }
      if (undos.every((u) => u.undo.kind === "exact")) {
        try {
          for (const u of undos.toReversed()) await runUndo(session, u.undo, u.path);
          await session.run("RESET ALL");
          const told = differences(before, await extractCatalog(session), "name").map(describeDifference);
          if (told.length) appendFileSync(out, `DIFF ${name} ${base} ${told.join(" | ").slice(0, 600)}\n`);
          await run();
          undone++;
        } catch (e) { appendFileSync(out, `FAIL ${name} ${base} ${String((e as Error).message).slice(0, 400)}\n`); await session.run("ROLLBACK"); break; }
      }
    }
    appendFileSync(out, `${name}: ${undone}/${migrations.length} undone; ${JSON.stringify(counts)}\n`);
    await session.close(); await db.drop();
    expect(1).toBe(1);
  }, 900000);
});
