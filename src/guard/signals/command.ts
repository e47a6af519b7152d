// Owns: a signal of the user's own, as a program.

import { spawn } from "node:child_process";
import { z } from "zod";
import { defineSignal } from "../signal.ts";

export const kind = defineSignal({
  kind: "command",
  summary: "the exit status of a command: 0 is ok, 1 is bad, all else is unknown",
  unit: "status",
  needs: "outside",
  attributed: false,
  usual: { test: "condition", consecutive: 3, action: "rollback" },
  options: {
    /** For the shell. */
    command: z.string(),
  },
  measures:
    ({ command }) =>
    ({ abort }) =>
      new Promise((resolve) => {
        // A group of its own, so that what the shell has started ends with it.
        const child = spawn(command, {
          shell: true,
          detached: true,
          stdio: ["ignore", "pipe", "pipe"],
        });
        let said = "";
        const listen = (chunk: Buffer) => {
          said = `${said}${chunk}`.slice(-500);
        };
        child.stdout.on("data", listen);
        child.stderr.on("data", listen);
        const stop = () => {
          if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
        };
        abort.addEventListener("abort", stop, { once: true });
        child.on("error", (error) => resolve({ state: "unknown", why: error.message }));
        child.on("close", (status, signal) => {
          abort.removeEventListener("abort", stop);
          const detail = said.trim().split("\n").at(-1) ?? "";
          // A test says 1 for no; a program that is not there, or has crashed, says nothing.
          if (status !== 0 && status !== 1) {
            const how = signal ?? `status ${status}`;
            return resolve({ state: "unknown", why: `the command ended with ${how}: ${detail}` });
          }
          resolve({ state: status === 0 ? "ok" : "bad", value: status, ...(detail && { detail }) });
        });
      }),
});
