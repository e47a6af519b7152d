// Owns: what there is to be seen of a watch, gathered from events. Pure.

import type { RunEvent, WatchLook } from "../../engine/events.ts";

export interface View {
  /** Absent before the first look: then there is nothing to be seen. */
  look?: WatchLook;
  /** By signal: its last samples, oldest first. */
  series: ReadonlyMap<string, readonly Shown[]>;
  /** What is being run; absent between runs. */
  run?: Run;
  /** The last step of an incident. */
  incident?: Extract<RunEvent, { kind: "incident" }>["step"];
}

export interface Shown {
  value: number | null;
  state: "ok" | "bad" | "unknown";
}

export interface Run {
  direction: "up" | "down" | "back-out";
  label: string;
  /** What it is doing. */
  detail: string;
  /** Of a batched statement, 0 to 1. */
  share?: number;
}

/** As many samples as the widest sparkline can show. */
const kept = 60;

export const emptyView: View = { series: new Map() };

export function seen(view: View, event: RunEvent): View {
  switch (event.kind) {
    case "look":
      return { ...view, look: event.look, series: appended(view.series, event.look) };
    case "incident":
      return { ...view, incident: event.step };
    case "migration": {
      const label = `${event.version} ${event.name}`.trim();
      return { ...view, run: { direction: event.direction, label, detail: "" } };
    }
    case "statement": {
      if (view.run === undefined) return view;
      const { share: _, ...run } = view.run;
      const detail = `[${event.index + 1}/${event.count}] ${event.sql}`;
      return { ...view, run: { ...run, detail } };
    }
    case "batch": {
      if (view.run === undefined) return view;
      const { share: _, ...run } = view.run;
      const detail = `line ${event.line}: ${event.rows.toLocaleString("en")} rows`;
      return {
        ...view,
        run: { ...run, detail, ...(event.share !== null && { share: event.share }) },
      };
    }
    case "finished":
    case "failed": {
      const { run: _, ...rest } = view;
      return rest;
    }
    default:
      return view;
  }
}

function appended(series: View["series"], { gauges }: WatchLook): View["series"] {
  return new Map(
    gauges.map(({ signal, value, alone }) => {
      const earlier = series.get(signal) ?? [];
      return [signal, [...earlier.slice(1 - kept), { value, state: alone }]];
    }),
  );
}
