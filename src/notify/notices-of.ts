// Owns: which notices follow from the journal's records, one from a record at most. Pure: every process
// that reads the same records comes to the same notices, with the same ids.

import type { JournalRecord, WatchFinished, WatchMoved } from "../journal/record.ts";
import { incidentNotice } from "./incident-notice.ts";
import type { Alert, Notice } from "./notice.ts";
import type { Said, Told } from "./told.ts";

/** Kinds of records from which notices follow, or by which they are worded. */
export const toldKinds = [
  "migration-finished",
  "watch-started",
  "watch-moved",
  "watch-finished",
  "incident",
] as const satisfies readonly JournalRecord["kind"][];

/** In order, each with those it is for: `notify` of the watch that it belongs to. */
export function noticesOf(
  records: readonly JournalRecord[],
  database: string,
): { notice: Notice; notify: Told["notify"] }[] {
  const notices: { notice: Notice; notify: Told["notify"] }[] = [];
  const watches: Told[] = [];
  for (const record of records) {
    const watch = watchOf(watches, record);
    if (watch === undefined) continue;
    const said = say(watch, record);
    if (said === undefined) continue;
    const { seq, run } = record;
    const at = record.kind === "incident" ? record.body.time : record.at;
    const common = { id: `${run}-${seq}`, seq, at, database, watch: watch.key, isChange: false };
    notices.push({ notice: { ...common, ...said }, notify: watch.notify });
  }
  return notices;
}

/** The one that the record is about; begins it. */
function watchOf(watches: Told[], record: JournalRecord): Told | undefined {
  const last = watches.at(-1);
  if (record.kind === "incident") return watches.find(({ seq }) => seq === record.body.watch);
  if (record.kind !== "watch-started") return last?.isOver ? undefined : last;
  const { seq, run, body } = record;
  // One that was left hands over what it covers, and what is still wrong.
  const left = last?.isOver === false ? last : undefined;
  const watch: Told = {
    ...{ seq, key: `${run}-${seq}`, watchMs: body.watchMs, notify: body.notify ?? {} },
    ...{ covers: new Map(left?.covers), steps: [], isOver: false },
    ...(left?.paused && { paused: left.paused }),
  };
  if (left) left.isOver = true;
  watches.push(watch);
  return watch;
}

function say(watch: Told, record: JournalRecord): Said | undefined {
  switch (record.kind) {
    case "migration-finished": {
      const { direction, name, losses } = record.body;
      watch.covers.delete(record.version);
      if (direction === "up") watch.covers.set(record.version, { name, losses });
      return undefined;
    }
    case "watch-started": {
      const seconds = Math.round(watch.watchMs / 1_000);
      return {
        ...{ type: "watch-started", severity: "info", isChange: true },
        title: `Migrations are being applied, and watched for ${seconds} s afterwards`,
        facts: [],
      };
    }
    case "watch-moved":
      return moved(watch, record.body, record.at);
    case "incident": {
      watch.steps.push(record.body);
      return incidentNotice(watch, record.body);
    }
    case "watch-finished":
      watch.isOver = true;
      return over(watch, record.body, record.at);
    default:
      return undefined;
  }
}

/** Of a move to `cancel`, `rollback` or `page` the incident tells that follows. */
function moved(watch: Told, { to, why, pages }: WatchMoved, at: string): Said | undefined {
  if (to === "pause" && pages) {
    watch.paused = raised(watch, at);
    return {
      ...{ type: "paged", severity: "warning", alert: watch.paused, facts: versionsOf(watch) },
      title: `The guard holds everything up: ${why}`,
      next: "Look at what is not known or bad; the watch goes on by itself once that is over.",
    };
  }
  if (watch.paused === undefined || (to !== "calm" && to !== "throttle")) return undefined;
  const alert: Alert = { ...watch.paused, state: "resolved" };
  delete watch.paused;
  return {
    ...{ type: "eased", severity: "info", alert, facts: versionsOf(watch) },
    title: `The guard goes on: ${why}`,
  };
}

function raised({ paused, key }: Told, since: string): Alert {
  return paused ?? { key: `${key}-paused`, name: "BelayPaused", state: "raised", since };
}

function over(watch: Told, { outcome, why }: WatchFinished, at: string): Said {
  const facts = versionsOf(watch);
  // An incident has told of itself. Without one, nobody has yet been called about this.
  if (watch.steps.length === 0 && (outcome === "handedOver" || outcome === "unclear")) {
    return {
      ...{ type: "paged", isChange: true, alert: raised(watch, at), facts },
      severity: outcome === "handedOver" ? "critical" : "warning",
      title: `The watch is over, and a human has to decide: ${why}`,
      next: "What was applied stays. belay report tells what was found; belay down takes it back.",
    };
  }
  const alert: Alert | undefined = watch.paused && { ...watch.paused, state: "resolved" };
  const severity = outcome === "handedOver" || outcome === "unclear" ? "warning" : "info";
  const title = `The watch is over, ${outcomes[outcome]}: ${why}`;
  return {
    ...{ type: "watch-over", severity, isChange: true, title, facts },
    ...(alert && { alert }),
  };
}

const outcomes: Record<WatchFinished["outcome"], string> = {
  healthy: "all is well",
  rolledBack: "taken back",
  unclear: "not clear",
  handedOver: "handed over to a human",
  nothing: "nothing is left to watch",
};

/** What is applied and watched now. */
function versionsOf({ covers }: Told): Said["facts"] {
  const names = [...covers].map(([version, { name }]) => `${version} ${name}`);
  return names.length === 0 ? [] : [["Migrations", names.join(", ")]];
}
