// Owns: what tests of signals share: a sampler of one signal, and sessions that are closed by themselves.

import pg from "pg";
import { afterEach } from "vitest";
import { type Environment, realEnvironment } from "../../src/core/environment.ts";
import type { Session } from "../../src/dialects/dialect.ts";
import { postgres } from "../../src/dialects/postgres/dialect.ts";
import type { Sample } from "../../src/guard/sample.ts";
import { openSampler, type Sampler } from "../../src/guard/sampling.ts";
import { signalKinds } from "../../src/guard/signals/all.ts";
import type { TestDatabase } from "../support/servers.ts";

/** What a test has to close, in the order in which it was opened. */
export const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

export function samplerOf(
  url: string,
  kind: string,
  options: object = {},
  limitMs = 2_000,
  environment: Environment = realEnvironment,
): Sampler {
  const found = signalKinds.find((each) => each.kind === kind);
  if (found === undefined) throw new Error(`no signal ${kind}`);
  const signals = [found.create(kind, options)];
  const sampler = openSampler({
    ...{ dialect: postgres, url, environment, signals, limitMs },
  });
  closing.push(() => sampler[Symbol.asyncDispose]());
  return sampler;
}

export async function one(sampler: Sampler): Promise<Sample> {
  const [sample] = await sampler.sample();
  if (sample === undefined) throw new Error("no sample");
  return sample;
}

/** Samples until it is as wanted; statistics of a server take a moment to arrive. */
export async function until(sampler: Sampler, state: Sample["state"]): Promise<Sample> {
  const deadline = realEnvironment.monotonic() + 20_000;
  for (;;) {
    const sample = await one(sampler);
    if (sample.state === state) return sample;
    if (realEnvironment.monotonic() > deadline) {
      throw new Error(`not ${state}: ${JSON.stringify(sample)}`);
    }
    await realEnvironment.sleep(20);
  }
}

export async function client(url: string, applicationName = "shop"): Promise<pg.Client> {
  const opened = new pg.Client({ connectionString: url, application_name: applicationName });
  opened.on("error", () => {});
  await opened.connect();
  closing.push(() => opened.end());
  return opened;
}

/** One of Belay's own kind. */
export async function session(url: string): Promise<Session> {
  const opened = await postgres.connect({ url, applicationName: "test" });
  closing.push(() => opened.close());
  return opened;
}

/** A role that may do nothing but connect, as a second URL of the database. */
export async function stranger(db: TestDatabase): Promise<string> {
  const name = `stranger_${db.name}`;
  await db.query(`CREATE ROLE ${name} LOGIN`);
  closing.push(() => db.query(`DROP ROLE ${name}`));
  const url = new URL(db.url);
  url.username = name;
  return url.href;
}
