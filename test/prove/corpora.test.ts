// Hand-written downs of real projects, judged by `prove` and by somebody else: `pg_dump` before and
// after, whose results lie beside the corpora. Where the two do not agree, `disagreements.tsv` says
// why. A sample in every run; BELAY_PROVE_EVERY=1 proves all.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createBelay } from "../../src/index.ts";
import { isColumnOrder } from "../../src/prove/judge-catalog.ts";
import type { MigrationProof } from "../../src/prove/result.ts";
import { corpora } from "../support/corpora.ts";
import { servers } from "../support/servers.ts";

/** pg_dump saw PostgreSQL 15; 18 names the constraints of NOT NULL, which is another catalog. */
const server = servers.find(({ name }) => name === "postgres-15");
const every = Number(process.env.BELAY_PROVE_EVERY ?? 120);

interface Disagreement {
  theirs: string;
  ours: string;
  why: string;
}

const explained = new Map<string, Disagreement>(
  readFileSync(join(import.meta.dirname, "disagreements.tsv"), "utf8")
    .split("\n")
    .slice(1)
    .filter((line) => line !== "")
    .map((line) => {
      const [corpus, version, theirs, ours, why] = line.split("\t");
      return [`${corpus} ${version}`, { theirs: theirs ?? "", ours: ours ?? "", why: why ?? "" }];
    }),
);

/** What the proof says of the schema, in the words of the other judge. */
function classOf({ verdict, residual, why, undoSource }: MigrationProof): string {
  expect(undoSource).toBe("file");
  if (verdict === "irreversible") return "no_down";
  if (verdict !== "failed") {
    return residual.some(isColumnOrder)
      ? "down_restores_except_column_order"
      : "down_restores_exactly";
  }
  return residual.length > 0 ? "down_leaves_diff" : `failed, ${why?.split(":")[0]}`;
}

const equal: Record<string, string> = { down_empty: "no_down", down_failed: "failed, down" };

describe.skipIf(server === undefined)("downs of real projects, by both judges", () => {
  test.each(corpora())(
    "$name",
    async ({ name, dir }) => {
      const baseline = join(dir, "../baseline.json");
      if (!existsSync(baseline)) throw new Error(`no ${baseline}`);
      const theirs: Record<string, { class: string }> = JSON.parse(readFileSync(baseline, "utf8"))[
        name
      ].migrations;
      const versions = Object.keys(theirs)
        .filter((_, index) => index % every === every - 1 || every === 1)
        .map((base) => /^\d+/.exec(base)?.[0] ?? "");
      const { migrations, stopped } = await createBelay({ dir }).prove({
        ...{ versions, using: "file", write: false, scratchUrl: server?.url ?? "", parallel: 2 },
      });
      expect(stopped).toBeUndefined();
      const wrong: string[] = [];
      for (const proof of migrations) {
        const theirClass = theirs[`${proof.version}_${proof.name}`]?.class ?? "absent";
        const wanted = equal[theirClass] ?? theirClass;
        const ours = classOf(proof);
        // The worst that a judge can say.
        if (proof.verdict === "exact") expect(wanted, proof.version).toBe("down_restores_exactly");
        const known = explained.get(`${name} ${proof.version}`);
        if (ours !== wanted && (known?.theirs !== theirClass || known.ours !== ours)) {
          wrong.push([name, proof.version, theirClass, ours, proof.why ?? ""].join("\t"));
        }
      }
      expect(wrong).toEqual([]);
    },
    3_600_000,
  );
});
