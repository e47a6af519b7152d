// `belay prove` end to end: verdicts and exit codes, proof files and the policy that asks for them,
// the crash walk and a planted defect in recovery, and what a killed prove leaves.

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type ProveOptions, prove } from "../../src/app/prove.ts";
import type { Settings } from "../../src/app/settings.ts";
import { realEnvironment } from "../../src/core/environment.ts";
import { defaultLimits } from "../../src/engine/run.ts";
import { createBelay } from "../../src/index.ts";
import { runBelay, startBelay } from "../support/belay.ts";
import { createProject, type Project } from "../support/project.ts";
import { createDatabase, servers, type TestServer } from "../support/servers.ts";

const scratchUrl = servers[0]?.url ?? "";

const shop = {
  "0001_shop.up.sql": `CREATE TABLE customers (id serial PRIMARY KEY, email text, at timestamptz);
    CREATE INDEX customers_email ON customers (email);`,
  "0001_shop.down.sql": "DROP TABLE customers;",
  "0002_slower.up.sql": "DROP INDEX customers_email;",
  // Forgotten: the column.
  "0002_slower.down.sql": "CREATE INDEX customers_email ON customers (at);",
  "0003_lower.up.sql": "UPDATE customers SET email = lower(email);",
  "0003_lower.down.sql": "SELECT 1;",
};

function settingsOf({ dir }: Project): Settings {
  return {
    ...{ dir: "migrations", projectDir: dir, limits: defaultLimits },
    ...{ environment: realEnvironment, report: () => {} },
  };
}

const thorough: ProveOptions = {
  ...{ all: true, using: "both", seed: 1, rows: 8, write: false, scratchUrl },
};

describe("prove", () => {
  const server = servers[0] as TestServer;

  test("judges both ways back, writes proofs, exits 1", async () => {
    await using project = await createProject(shop);
    const words = ["prove", "--all", "--project", project.dir, "--scratch-url", server.url];
    const people = await runBelay(words);
    expect(people.status, people.stderr).toBe(0);
    expect(people.stdout).toContain("customers_email");
    const program = await runBelay([...words, "--using", "file", "--json"]);
    expect(program.status).toBe(1);
    const { migrations, summary } = JSON.parse(program.stdout);
    expect(summary).toEqual({ total: 3, exact: 1, lossy: 1, irreversible: 0, failed: 1 });
    expect(migrations[1]).toMatchObject({ version: "0002", undoSource: "file", verdict: "failed" });
    expect(JSON.stringify(migrations[1].residual)).toContain("customers_email");
    expect(migrations[2].losses[0].object).toBe("column public.customers.email");
    expect(migrations[2].rows.lost).toBeGreaterThan(0);
    const proof = readFileSync(join(project.dir, "migrations/0002_slower.proof.json"), "utf8");
    expect(JSON.parse(proof)).toMatchObject({ version: "0002", file: { verdict: "failed" } });
    // The same reasons, the same file.
    await runBelay([...words, "--using", "file"]);
    expect(readFileSync(join(project.dir, "migrations/0002_slower.proof.json"), "utf8")).toBe(
      proof,
    );
  });

  test("up refuses what has no fresh proof", async () => {
    await using project = await createProject({ "0001_shop.up.sql": shop["0001_shop.up.sql"] });
    await using db = await createDatabase(server);
    const belay = createBelay({ projectDir: project.dir, databaseUrl: db.url });
    const up = () => belay.up({ requireProof: true });
    expect((await up()).error?.code).toBe("BELAY_PROOF");
    expect((await belay.prove({ scratchUrl: server.url })).summary.exact).toBe(1);
    await project.write("0001_shop.up.sql", "CREATE TABLE other ();");
    expect((await up()).error?.message).toContain("has changed since it was proved");
    await project.write("0001_shop.up.sql", shop["0001_shop.up.sql"]);
    await db.query("CREATE TABLE elsewhere ()");
    const drifted = await belay.up({ requireProof: true, allowDrift: true });
    expect(drifted.error?.message).toContain("another catalog");
    await db.query("DROP TABLE elsewhere");
    const done = await belay.up({ requireProof: true, allowDrift: true });
    expect(done.outcome).toBe("done");
    const [row] = await db.query<{ proof: { version: string } }>(
      "SELECT body -> 'proof' AS proof FROM belay.record WHERE kind = 'migration-finished'",
    );
    expect(row?.proof.version).toBe("0001");
  });
});

describe("a history that makes roles", () => {
  test("is judged all the same, and leaves none", async () => {
    const role = `belay_test_${process.pid}`;
    await using project = await createProject({
      "0001_t.up.sql": "CREATE TABLE t (id int PRIMARY KEY, a int)",
      "0001_t.down.sql": "DROP TABLE t",
      "0002_role.up.sql": `CREATE ROLE ${role}; GRANT SELECT ON t TO ${role}`,
      "0002_role.down.sql": `REVOKE ALL ON t FROM ${role}; DROP ROLE ${role}`,
      "0003_more.up.sql": `GRANT INSERT ON t TO ${role}`,
      // Forgotten: what it was for.
      "0003_more.down.sql": "SELECT 1",
    });
    const { migrations } = await prove(settingsOf(project), thorough);
    const verdicts = migrations.map(({ undoSource, verdict, other }) => [
      `${undoSource} ${verdict}`,
      `${other?.undoSource} ${other?.verdict}`,
    ]);
    const exact = ["planned exact", "file exact"];
    expect(verdicts).toEqual([exact, exact, ["planned exact", "file failed"]]);
    await using db = await createDatabase(servers[0]);
    const left = await db.query("SELECT FROM pg_roles WHERE rolname = $1", [role]);
    expect(left).toEqual([]);
  });
});

describe("a target that somebody changed by hand", () => {
  test("is what the copies are made like", async () => {
    const first = { "0001_shop.up.sql": shop["0001_shop.up.sql"] };
    await using project = await createProject(first);
    await using db = await createDatabase(servers[0]);
    const belay = createBelay({ projectDir: project.dir, databaseUrl: db.url });
    expect((await belay.up()).outcome).toBe("done");
    await db.query(
      "ALTER TABLE customers ADD phone text; CREATE INDEX byhand ON customers (phone)",
    );
    await project.write("0002_phone.up.sql", "DROP INDEX byhand");
    const { migrations, notes } = await belay.prove({ scratchUrl });
    expect(notes).toEqual([expect.stringContaining("the copies are like the target")]);
    expect(migrations).toMatchObject([{ version: "0002", verdict: "exact" }]);
    const up = await belay.up({ requireProof: true, allowDrift: true });
    expect(up.error).toBeUndefined();
  });
});

describe("the crash walk", () => {
  const several = {
    "0001_t.up.sql": "CREATE TABLE t (id int PRIMARY KEY, a int);",
    "0002_index.up.sql": "CREATE INDEX CONCURRENTLY t_a ON t (a); COMMENT ON TABLE t IS 'x'",
  };

  test("dies everywhere and always recovers", async () => {
    await using project = await createProject(several);
    const options = { ...thorough, versions: ["0002"], crashBudget: 1_000 };
    const { migrations } = await prove(settingsOf(project), options);
    expect(migrations[0]?.crash).toMatchObject({ failures: 0, leftOut: 0, details: [] });
    expect(migrations[0]?.crash?.points).toBeGreaterThan(50);
    expect(migrations[0]?.verdict).toBe("exact");
  });

  test("says what the budget left out", async () => {
    await using project = await createProject(several);
    const options = { ...thorough, versions: ["0002"], crashBudget: 5 };
    const { migrations } = await prove(settingsOf(project), options);
    expect(migrations[0]?.crash?.points).toBe(5);
    expect(migrations[0]?.crash?.leftOut).toBeGreaterThan(40);
  });

  test("finds a recovery that believes an index to be there", async () => {
    await using project = await createProject(several);
    const settings: Settings = {
      ...settingsOf(project),
      through: (dialect) => ({ ...dialect, probe: async () => ({ state: "done" }) }),
    };
    const options = { ...thorough, versions: ["0002"], crashBudget: 20 };
    const { migrations } = await prove(settings, options);
    expect(migrations[0]?.verdict).toBe("failed");
    expect(migrations[0]?.crash?.failures).toBeGreaterThan(0);
    expect(migrations[0]?.crash?.details.join("\n")).toContain("t_a");
  });
});

describe("a killed prove", () => {
  test("leaves nothing behind after the next one", async () => {
    await using project = await createProject(shop);
    const words = ["prove", "--all", "--no-write", "--project", project.dir];
    const { child, ended } = startBelay(words);
    // In the middle of its work: the first proof is out.
    await new Promise((resolve) => child.stdout?.once("data", resolve));
    expect(serversOf(project)).not.toEqual([]);
    child.kill("SIGKILL");
    expect((await ended).signal).toBe("SIGKILL");
    const next = await runBelay([...words, "--json"]);
    expect(JSON.parse(next.stdout).summary.total).toBe(3);
    expect(serversOf(project)).toEqual([]);
    expect(existsSync(memoryOf(project))).toBe(false);
  });

  test("on a server of others: its databases are gone, those of the living stay", async () => {
    await using project = await createProject(shop);
    await using db = await createDatabase(servers[0]);
    const words = ["prove", "--all", "--no-write", "--project", project.dir];
    const { child, ended } = startBelay([...words, "--scratch-url", db.url]);
    await new Promise((resolve) => child.stdout?.once("data", resolve));
    const scratch = async () =>
      (
        await db.query<{ name: string }>(
          "SELECT datname AS name FROM pg_database WHERE datname LIKE 'belay\\_scratch\\_%'",
        )
      ).map(({ name }) => name);
    const left = await scratch();
    expect(left.length).toBeGreaterThan(0);
    child.kill("SIGKILL");
    await ended;
    const next = await runBelay([...words, "--scratch-url", db.url, "--json"]);
    expect(JSON.parse(next.stdout).summary.total).toBe(3);
    // Other tests prove on this server too; only what was there before the kill counts.
    const mine = left.map((name) => name.split("_").slice(0, 3).join("_"));
    expect((await scratch()).filter((name) => mine.some((each) => name.startsWith(each)))).toEqual(
      [],
    );
  });
});

/** Command lines of server processes on this project's scratch data, wherever that lies. */
function serversOf({ dir }: Project): string[] {
  const places = [join(dir, ".belay/scratch"), memoryOf({ dir })];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => commandLine(pid))
    .filter((line) => places.some((place) => line.includes(place)));
}

function memoryOf({ dir }: Pick<Project, "dir">): string {
  const hash = createHash("sha256").update(dir).digest("hex").slice(0, 16);
  return `/dev/shm/belay-scratch-${process.getuid?.()}-${hash}`;
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}
