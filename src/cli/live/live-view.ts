// Owns: the live view of a watch: it listens to events, and draws what there is to be seen below the
// lines that are printed meanwhile. Without a terminal it does nothing.

import type { Environment } from "../../core/environment.ts";
import type { Report, RunEvent } from "../../engine/events.ts";
import type { Output } from "../output.ts";
import { frame } from "./frame.ts";
import { emptyView, seen } from "./view.ts";

/** Milliseconds between two pictures: batches come faster than anybody reads. */
const drawEveryMs = 100;

/** What changes all of the picture, and is shown at once. */
const atOnce = new Set<RunEvent["kind"]>(["look", "incident", "migration", "finished", "failed"]);

/** Passes every event on to `lines`. */
export function liveView(output: Output, environment: Environment, lines: Report): Report {
  if (!output.hasView) return lines;
  let view = emptyView;
  let drawnAt = Number.NEGATIVE_INFINITY;
  return (event) => {
    lines(event);
    view = seen(view, event);
    const now = environment.monotonic();
    if (view.look === undefined) return;
    if (!atOnce.has(event.kind) && now - drawnAt < drawEveryMs) return;
    drawnAt = now;
    const drawn = view;
    output.view((size) => frame(drawn, { ...size, now: environment.now(), paint: output.paint }));
  };
}
