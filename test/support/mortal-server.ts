// Owns: a database server of its own for a test that kills it, and starts it again at the same address.

import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { realEnvironment } from "../../src/core/environment.ts";
import { identify } from "../../src/dialects/postgres/embedded/process.ts";
import { type EmbeddedServer, openEmbedded } from "../../src/dialects/postgres/embedded.ts";
import { fastFolder } from "./start-postgres.ts";

/** Kills it with SIGKILL; nothing that was committed is lost by that. */
export async function mortalServer() {
  const dir = join(await mkdtemp(join(fastFolder(), "belay-mortal-")), ".belay");
  // The kill is the process's, not the machine's: what was written is in the kernel's hands.
  const settings = { fsync: "off", full_page_writes: "off" };
  const open = () => openEmbedded({ dir, environment: realEnvironment, settings });
  let server: EmbeddedServer = await open();
  let killed = 0;
  return {
    url: server.url("postgres"),
    kill() {
      killed = Number.parseInt(readFileSync(join(server.dataDir, "postmaster.pid"), "utf8"), 10);
      process.kill(killed, "SIGKILL");
    },
    async start() {
      // The signal is delivered at once, but on a busy machine the process takes its time to go.
      while (identify(killed)) await realEnvironment.sleep(5);
      // The first handle still counts as a user of the server; it is closed with the new one.
      const old = server;
      server = await open();
      await old.close();
      return server.url("postgres");
    },
    async [Symbol.asyncDispose]() {
      await server.destroy();
      await rm(dirname(dir), { recursive: true, force: true });
    },
  };
}
