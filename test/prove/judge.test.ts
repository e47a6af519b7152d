// The judge judged: wrong downs of which each must be caught and named, and right ones of which
// none may raise an alarm.

import { describe, expect, test } from "vitest";
import { type ProveResult, prove } from "../../src/app/prove.ts";
import { describeDifference } from "../../src/core/catalog.ts";
import { realEnvironment } from "../../src/core/environment.ts";
import { checksum } from "../../src/core/hash.ts";
import type { Migration } from "../../src/core/migration.ts";
import { defaultLimits } from "../../src/engine/run.ts";
import { format } from "../../src/formats/golang-migrate.ts";
import { servers } from "../support/servers.ts";
import type { Planted } from "./planted/planted.ts";
import { rightDowns } from "./planted/right-downs.ts";
import { wrongDowns } from "./planted/wrong-downs.ts";
import { wrongRows } from "./planted/wrong-rows.ts";

function migration(version: string, up: string, down?: string): Migration {
  const script = (sql: string, path: string) =>
    ({ path, sql, line: 1, transaction: "auto" }) as const;
  return {
    ...{ version, name: "planted", checksum: checksum(up) },
    up: script(up, `${version}_planted.up.sql`),
    ...(down === undefined ? {} : { down: script(down, `${version}_planted.down.sql`) }),
  };
}

async function judge({ before, up, down }: Planted): Promise<ProveResult["migrations"][number]> {
  const migrations = [migration("1", before), migration("2", up, down)];
  const settings = {
    ...{ dir: ".", projectDir: ".", limits: defaultLimits, environment: realEnvironment },
    ...{ report: () => {}, folder: { format, migrations, notes: [] } },
  };
  const result = await prove(settings, {
    ...{ versions: ["2"], all: false, using: "file", seed: 1, rows: 8, write: false, parallel: 1 },
    scratchUrl: servers[0]?.url ?? "",
  });
  expect(result.stopped?.error).toBeUndefined();
  const [proof] = result.migrations;
  if (proof === undefined) throw new Error("no proof");
  return proof;
}

/** All that the proof says, as one text. */
function said(proof: Awaited<ReturnType<typeof judge>>): string {
  return [
    proof.why ?? "",
    ...proof.residual.map(describeDifference),
    ...proof.losses.map(({ object, why }) => `${object}: ${why}`),
  ].join("\n");
}

/**
 * What nobody's catalog reader here sees: docs/prove.md lists it. A case that is caught after all has
 * to leave this list.
 */
const blind = new Set([
  "the comment on a constraint trigger's constraint is lost",
  "a function no longer depends on its extension",
  "a text search configuration of the server is changed for good",
  "a user mapping comes back with another password",
  "the connection limit of the database is left",
  "the database keeps its new owner",
]);

const wrong = [...wrongDowns, ...wrongRows];
/** All of them take minutes: every 25th in an ordinary run. */
const every = Number(process.env.BELAY_PLANTED_EVERY ?? 25);
const some = <T>(list: readonly T[]) => list.filter((_, index) => index % every === 0);

test("there are enough of them", () => {
  expect(wrong.length - blind.size).toBeGreaterThanOrEqual(40);
  expect(rightDowns.length).toBeGreaterThanOrEqual(40);
});

describe("wrong downs", () => {
  test.each(some(wrong.filter(({ name }) => !blind.has(name))))("$name", async (planted) => {
    const proof = await judge(planted);
    expect(proof.verdict, said(proof)).not.toBe("exact");
    for (const name of planted.names) {
      expect(said(proof).toLowerCase()).toContain(name.toLowerCase());
    }
  });
});

describe("wrong downs that are not seen", () => {
  test.each(some(wrong.filter(({ name }) => blind.has(name))))("$name", async (planted) => {
    expect((await judge(planted)).verdict).toBe("exact");
  });
});

describe("right downs", () => {
  test.each(some(rightDowns))("$name", async (planted) => {
    const proof = await judge(planted);
    expect(proof.verdict, said(proof)).toBe("exact");
  });
});
