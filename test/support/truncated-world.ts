// Owns: databases with large tables of which a migration empties some.

import { expect } from "vitest";
import { type Difference, describeDifference, differences } from "../../src/core/catalog.ts";
import { type Belay, createBelay } from "../../src/index.ts";
import { catalogOf } from "./catalog.ts";
import { createProject } from "./project.ts";
import { createDatabase, type TestServer } from "./servers.ts";

/** Each table is large. */
export async function world(server: TestServer, base: string, change: string) {
  const project = await createProject({ "1_base.up.sql": base, "2_change.up.sql": change });
  const db = await createDatabase(server);
  const settings = { databaseUrl: db.url, projectDir: project.dir, onlineAboveBytes: 0 };
  const belay = createBelay(settings);
  expect((await belay.up({ to: "1" })).error).toBeUndefined();
  const up = async () => {
    const { error, applied } = await belay.up();
    expect(error).toBeUndefined();
    expect(applied).toMatchObject([{ verdict: "exact", losses: [] }]);
  };
  const asides = async () => {
    const rows = await db.query<{ name: string }>(
      `SELECT relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
        WHERE nspname ~ '^belay_shelf_' AND relkind = 'r' AND relname !~ '^belay_' ORDER BY 1`,
    );
    return rows.map(({ name }) => name);
  };
  return {
    ...{ db, belay, up, asides },
    [Symbol.asyncDispose]: async () => {
      await project[Symbol.asyncDispose]();
      await db.drop();
    },
  };
}

export async function takenBack(belay: Belay) {
  const { error, verified, conflicts } = await belay.down();
  expect(error).toBeUndefined();
  expect({ verified, conflicts }).toEqual({ verified: true, conflicts: [] });
}

/** What differs from `before`, in words. */
export async function told(before: Awaited<ReturnType<typeof catalogOf>>, url: string) {
  return differences(before, await catalogOf(url), "name").map((each: Difference) =>
    describeDifference(each),
  );
}
