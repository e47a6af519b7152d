// Belay's own way back, proved over real projects' migrations, with rows and writers. Which of them is
// not exact, and why, stands in `remaining.tsv`. A sample in every run; BELAY_PROVE_EVERY=1 proves all.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createBelay } from "../../src/index.ts";
import { corpora } from "../support/corpora.ts";
import { servers } from "../support/servers.ts";

const server = servers.find(({ name }) => name === "postgres-18");
const every = Number(process.env.BELAY_PROVE_EVERY ?? 120);

/** In each run too: later writes are in the way of the way back, and it says what it keeps. */
const told: Record<string, string[]> = {
  "authelia-pg": ["0002", "0003", "0006"],
  "chirpstack-pg": ["0020"],
  "concourse-pg": ["00155", "00360", "00520", "00680", "01420"],
  "crates-io-pg": ["0132", "0142", "0230"],
  "goalert-pg": ["0087", "0263"],
  "zksync-era-pg": ["0101"],
};

/** By corpus and version: the verdict. */
const remaining = new Map(
  readFileSync(join(import.meta.dirname, "remaining.tsv"), "utf8")
    .split("\n")
    .slice(1)
    .filter((line) => line !== "")
    .map((line) => {
      const [corpus, version, verdict] = line.split("\t");
      return [`${corpus} ${version}`, verdict] as const;
    }),
);

describe.skipIf(server === undefined)("the planned way back, over real projects", () => {
  test.each(corpora())(
    "$name",
    async ({ name, dir, migrations: files }) => {
      const versions = files
        .map(({ base }) => /^\d+/.exec(base)?.[0] ?? "")
        .filter((each, index) => index % every === every - 1 || told[name]?.includes(each));
      const { migrations, stopped } = await createBelay({ dir }).prove({
        ...{ versions, using: "planned", write: false, scratchUrl: server?.url ?? "", parallel: 2 },
      });
      expect(stopped).toBeUndefined();
      expect(migrations).toHaveLength(versions.length);
      const verdicts = migrations.map(({ version, verdict, rows, why }) => {
        const lost = rows.lost > 0 ? ` ${rows.lost} lost` : "";
        return `${version} ${verdict}${why === undefined ? "" : ` ${why}`}${lost}`;
      });
      const wanted = versions.map(
        (each) => `${each} ${remaining.get(`${name} ${each}`) ?? "exact"}`,
      );
      expect(verdicts).toEqual(wanted);
    },
    7_200_000,
  );
});
