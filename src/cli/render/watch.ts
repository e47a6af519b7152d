// Owns: the end of a watch, for people.

import type { WatchedUpResult } from "../../app/watch/up-watched.ts";
import type { WatchResult } from "../../app/watch/watch.ts";
import { exit } from "../../core/errors.ts";
import type { Context } from "../command.ts";
import type { Output } from "../output.ts";
import { figures } from "./incident.ts";
import { renderUp } from "./up.ts";

/** Returns the exit status. */
export function renderWatchedUp(context: Context, result: WatchedUpResult): number {
  const status = renderUp(context, result);
  if (result.watch === undefined) return status;
  watchLines(context.output, result.watch);
  return status === exit.done ? statusOf(result.watch) : status;
}

export function watchLines({ line, paint }: Output, watch: WatchResult): void {
  const { outcome, why, incident } = watch;
  const words = {
    healthy: paint.green(`Watched: ${why}`),
    rolledBack: paint.yellow(`Taken back by the guard: ${why}`),
    handedOver: paint.red(`A human has to decide: ${why}`),
    unclear: paint.yellow(`Not clear: ${why}`),
    nothing: `Not watched: ${why}`,
    left: paint.yellow(`The watch goes on: ${why}`),
    none: "Nothing is being watched.",
  };
  line(words[outcome]);
  if (incident) line(`  ${figures(incident)}`);
}

export function statusOf({ outcome }: WatchResult): number {
  if (outcome === "rolledBack") return exit.rolledBack;
  const isFine = outcome === "healthy" || outcome === "none" || outcome === "nothing";
  return isFine ? exit.done : exit.no;
}
