// Random schemas, rows, migrations and writers; up, down, redo and finalize in random order. No cell
// may be lost or changed that the rules of the undo window do not give away.
//
// BELAY_PROPERTY_CASES=2000 BELAY_PROPERTY_SEED=7 npx vitest run test/window-property.test.ts
// BELAY_PROPERTY_SEED and BELAY_PROPERTY_PATH as a failure tells them play that case alone.
// BELAY_PROPERTY_GO_ON=1 tells each failure as it comes and goes on with another seed.
// BELAY_PROPERTY_SHRINK=1 looks for a shorter case that fails too, which may take many minutes.

import fc from "fast-check";
import { expect, test } from "vitest";
import { servers } from "./support/servers.ts";
import { CaseRun, caseArbitrary, emptyTally, type Tally } from "./window/case.ts";
import { openPlace } from "./window/place.ts";

const cases = Number(process.env.BELAY_PROPERTY_CASES ?? 40);
/** The same every day, so that a failure is news of a change; large runs are given others. */
const seed = Number(process.env.BELAY_PROPERTY_SEED ?? 1);
const path = process.env.BELAY_PROPERTY_PATH;
/** Side by side: while the server works for one, this process works for the other. */
const lanes = path === undefined ? 2 : 1;

/** All its cases, or up to the first failure. */
async function runLane(lane: number, tally: Tally): Promise<Error[]> {
  await using place = await openPlace(servers[0]!);
  const failures: Error[] = [];
  let done = 0;
  const property = fc.asyncProperty(caseArbitrary, async (each) => {
    done += 1;
    if (done % 250 === 0) process.stderr.write(`window property: lane ${lane}: ${done} cases\n`);
    const run = new CaseRun(place, tally);
    try {
      await run.run(each);
    } catch (error) {
      throw new Error(`${(error as Error).message}\n\n${run.script.join("\n")}\n`);
    }
  });
  const wanted = path === undefined ? Math.ceil(cases / lanes) : 1;
  const endOnFailure = process.env.BELAY_PROPERTY_SHRINK === undefined;
  while (done < wanted) {
    const options = {
      // No two lanes and no two of its beginnings have one in common.
      seed: seed + lane + 1_000_000 * failures.length,
      numRuns: wanted - done,
      ...(path === undefined ? {} : { path }),
      ...{ includeErrorInReport: true, endOnFailure },
    };
    try {
      await fc.assert(property, options);
    } catch (error) {
      failures.push(error as Error);
      if (process.env.BELAY_PROPERTY_GO_ON === undefined) break;
      process.stderr.write(`window property: lane ${lane}, case ${done}: ${String(error)}\n`);
    }
  }
  return failures;
}

test(`nothing is lost or changed in ${cases} random cases`, {
  timeout: 12 * 3_600_000,
}, async () => {
  const tally = emptyTally();
  const from = performance.now();
  const found = await Promise.all(Array.from({ length: lanes }, (_, lane) => runLane(lane, tally)));
  const seconds = (performance.now() - from) / 1_000;
  const { kinds, ...counts } = tally;
  process.stderr.write(
    `window property: seed ${seed}, ${cases} cases, ${(cases / seconds).toFixed(1)}/s, ${JSON.stringify({ ...counts, kinds: Object.fromEntries(kinds) })}\n`,
  );
  const failures = found.flat();
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw new AggregateError(failures, `${failures.length} cases failed`);
  expect(tally.ups).toBeGreaterThan(0);
});
