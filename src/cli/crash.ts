// Owns: the crash points of the real program, for rehearsals: BELAY_CRASH_AT=<point>[:<n>] kills
// this process with SIGKILL when it reaches the point for the n-th time (default the first).

import { crashPoints, type Environment, realEnvironment } from "../core/environment.ts";
import { BelayError } from "../core/errors.ts";

export function environmentFromProcess(): Environment {
  const wish = process.env.BELAY_CRASH_AT;
  if (wish === undefined || wish === "") return realEnvironment;
  const [point, nth = "1"] = wish.split(":");
  if (!crashPoints.some((each) => each === point)) {
    throw new BelayError("BELAY_USAGE", `BELAY_CRASH_AT: there is no point ${point}`, {
      hint: `Points: ${crashPoints.join(", ")}`,
    });
  }
  let left = Number(nth);
  return {
    ...realEnvironment,
    reached(reached) {
      if (reached !== point) return;
      left -= 1;
      if (left === 0) process.kill(process.pid, "SIGKILL");
      // SIGKILL is delivered asynchronously; nothing more may happen in between.
      if (left <= 0) for (;;);
    },
  };
}
