// Schemas of real projects, at points along their histories: every table gets rows.

import { expect, test } from "vitest";
import { clientsMissing, psql } from "../../../../test/support/clients.ts";
import { type CorpusMigration, forEachCorpus } from "../../../../test/support/corpora.ts";
import { createDatabase, templateFrom } from "../../../../test/support/servers.ts";
import { connect } from "../session.ts";
import { edit } from "./edit.ts";
import { fill } from "./fill.ts";

const points = 3;

async function apply(url: string, migrations: CorpusMigration[]) {
  const script = migrations.map(({ up, noTransaction }) => {
    const file = `\\i '${up}'\n`;
    return `${noTransaction ? file : `BEGIN;\n${file}COMMIT;\n`}DISCARD ALL;\n`;
  });
  await psql(url, { sql: script.join("") });
}

forEachCorpus("fill and edit", ({ migrations }) => {
  test.skipIf(clientsMissing !== undefined)(
    `every table has rows${clientsMissing ? ` (${clientsMissing})` : ""}`,
    async () => {
      await using db = await createDatabase();
      for (let point = 1; point <= points; point++) {
        const at = (part: number) => Math.ceil((migrations.length * part) / points);
        await apply(db.url, migrations.slice(at(point - 1), at(point)));
        await using template = await templateFrom(db.url);
        await using copy = await template.copy();
        const session = await connect({ url: copy.url, applicationName: "test" });
        try {
          const filled = await fill(session, { seed: point, rows: 8 });
          expect(filled.length).toBeGreaterThan(5);
          const counts = filled.map(
            ({ table }) => `SELECT '${table}' AS t WHERE NOT EXISTS (SELECT FROM ${table})`,
          );
          expect(await copy.query(counts.join(" UNION ALL "))).toEqual([]);

          const tables = filled.map(({ table }) => ({ name: table }));
          const edited = await edit(session, { seed: point, updates: 1, deletes: 1, tables });
          const keyed = edited.filter(({ why = "" }) => !/no key|no column/.test(why));
          const share = (done: number) => done / keyed.length;
          expect(share(keyed.filter(({ updated }) => updated === 1).length)).toBeGreaterThan(0.8);
          expect(share(keyed.filter(({ deleted }) => deleted === 1).length)).toBeGreaterThan(0.8);
        } finally {
          await session.close();
        }
      }
    },
  );
});
