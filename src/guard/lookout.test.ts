import { expect, test } from "vitest";
import { openLookout } from "./lookout.ts";
import { type GuardConfig, guardPlan } from "./options.ts";
import type { Reading } from "./sample.ts";

/** What `disk` decides when it is not known four times in a row, after these readings. */
async function missing(options: GuardConfig, before: Reading[] = []) {
  const plan = guardPlan(options);
  const unseen = new Map(plan.signals.map(({ name }) => [name, "not seen"]));
  const left = [...before];
  const sampler = {
    unseen,
    tell: () => {},
    async sample() {
      const reading = left.shift() ?? ({ state: "unknown", why: "not seen" } as const);
      if (reading.state !== "unknown") unseen.delete("disk");
      return plan.signals.map(({ name: signal }) => {
        const ok = { state: "ok", value: 0 } as const;
        return { ...(signal === "disk" ? reading : ok), signal, at: 0 };
      });
    },
    [Symbol.asyncDispose]: async () => {},
  };
  const lookout = openLookout(sampler, plan, new Map(), 1_000);
  for (let round = 0; round < before.length + 3; round += 1) await lookout.look();
  const { findings } = await lookout.look();
  return findings.find(({ signal }) => signal === "disk");
}

test("what nobody has asked for is missed only after it has been there", async () => {
  expect(await missing({})).toMatchObject({ state: "unknown", dryRun: true });
  const once: Reading[] = [{ state: "ok", value: 1 }];
  expect(await missing({}, once)).toMatchObject({ state: "unknown", dryRun: false });
});

test("what somebody has asked for is missed at once", async () => {
  const named: GuardConfig = { signals: { disk: { kind: "disk" } as never } };
  const ruled: GuardConfig = { rules: [{ signal: "disk", consecutive: 2 }] };
  for (const options of [named, ruled]) {
    expect(await missing(options)).toMatchObject({ state: "unknown", dryRun: false });
  }
});
