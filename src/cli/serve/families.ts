// Owns: which metrics there are, and how they are called. A value that is not known has no sample. Pure.

import type { Facts, Tally, UndoWindow } from "../../app/serve/facts.ts";
import type { Scrape } from "../../app/serve/scraper.ts";
import { rungs } from "../../guard/ladder.ts";
import type { Family, Sample } from "./exposition.ts";

/** In the order of the page. `version`: of this program. */
export function familiesOf({ facts, ...scrape }: Scrape, version: string): Family[] {
  return [
    gauge("belay_up", "1: the database answers and its journal can be read.", flag(!!facts)),
    gauge("belay_build_info", "This program.", { labels: { version }, value: 1 }),
    gauge("belay_scrape_duration_seconds", "Time that this reading took.", seconds(scrape.tookMs)),
    counter("belay_scrape_errors_total", "Readings of this process that failed.", {
      value: scrape.errors,
    }),
    gauge(
      "belay_scrape_last_error_timestamp_seconds",
      "When the latest one failed.",
      seconds(scrape.lastErrorAt),
    ),
    ...(facts ? [...migrations(facts), ...watching(facts), ...incidents(facts)] : []),
  ];
}

function migrations({ journalVersion, migrations: count, open, windows, leases }: Facts): Family[] {
  const at = ({ version, name }: { version: string; name: string }) => ({ version, name });
  const kept = (each: UndoWindow) => ({ ...at(each), direction: each.direction });
  return [
    gauge("belay_journal_version", "Version of the journal.", some(journalVersion)),
    gauge("belay_migrations_applied", "Migrations that are applied.", some(count.applied)),
    gauge(
      "belay_migrations_pending",
      "Migrations that up would apply; absent where the folder cannot be read.",
      some(count.pending),
    ),
    gauge(
      "belay_migrations_rolled_back",
      "Migrations that were taken back and not applied again.",
      some(count.rolledBack),
    ),
    gauge(
      "belay_migration_open",
      "1: a migration with some of its steps done, and a run at work on it or not (interrupted).",
      open === null
        ? []
        : ["running", "interrupted"].map((state) => ({
            labels: { ...at(open), state },
            value: Number((state === "running") === open.atWork),
          })),
    ),
    gauge(
      "belay_undo_window_remaining_seconds",
      "Time for which what a migration (up) or its rollback (down) has put aside is kept at least.",
      windows.map((each) => ({ labels: kept(each), value: each.leftMs / 1_000 })),
    ),
    gauge(
      "belay_undo_shelf_bytes",
      "Disk space of what is kept; absent where nothing of it has a place of its own.",
      windows.flatMap((each) =>
        some(each.bytes).map(({ value }) => ({ labels: kept(each), value })),
      ),
    ),
    gauge(
      "belay_lease_held",
      "1: a process holds the lease to change the database (run), or to watch it (watch).",
      Object.entries(leases).map(([lease, held]) => ({ labels: { lease }, ...flag(held) })),
    ),
  ];
}

function watching({ watch, watches, signals }: Facts): Family[] {
  return [
    gauge("belay_watch_under_way", "1: migrations are being watched.", flag(watch !== null)),
    gauge(
      "belay_watch_start_timestamp_seconds",
      "When that watch began.",
      seconds(watch?.since ?? null),
    ),
    gauge(
      "belay_watch_required_seconds",
      "Time for which all has to be well.",
      seconds(watch?.watchMs ?? null),
    ),
    gauge(
      "belay_watch_migrations",
      "Migrations that the watch covers.",
      some(watch?.covers ?? null),
    ),
    gauge(
      "belay_watch_rung",
      "1: where the guard stands on its ladder; absent where no process minds the watch.",
      watch?.rung ? rungs.map((rung) => ({ labels: { rung }, ...flag(rung === watch.rung) })) : [],
    ),
    counter("belay_watches_total", "Watches that have ended.", tallied(watches)),
    gauge(
      "belay_signal_last_value",
      "Last sample in the journal, in the signal's own unit: before the watch, or at the detection.",
      signals.flatMap(({ signal, value }) =>
        some(value).map((each) => ({ labels: { signal }, ...each })),
      ),
    ),
    gauge(
      "belay_signal_last_state",
      "1: the state of that sample.",
      signals.flatMap(({ signal, state }) =>
        ["ok", "bad", "unknown"].map((each) => ({
          labels: { signal, state: each },
          ...flag(each === state),
        })),
      ),
    ),
    gauge(
      "belay_signal_last_timestamp_seconds",
      "When that sample was taken; of one from before the watch, when the watch began.",
      signals.map(({ signal, at }) => ({ labels: { signal }, value: at / 1_000 })),
    ),
  ];
}

function incidents({ incidents: tally, incident, channels }: Facts): Family[] {
  const { times, figures, conflicts } = incident?.report ?? {};
  const queues = (of: "queued" | "delivered" | "failed", label?: Record<string, string>) =>
    channels.map((each) => ({ labels: { channel: each.channel, ...label }, value: each[of] }));
  return [
    gauge(
      "belay_incident_open",
      "1: an incident is not closed yet.",
      flag(incident?.isOpen ?? false),
    ),
    counter(
      "belay_incidents_total",
      "Incidents that are closed: taken back and verified, or handed over to a human.",
      tallied({ rolledBack: tally.rolledBack, handedOver: tally.handedOver }),
    ),
    gauge(
      "belay_last_incident_timestamp_seconds",
      "Fault of the latest incident: its first bad sample.",
      seconds(times?.fault ? Date.parse(times.fault) : null),
    ),
    gauge(
      "belay_last_incident_detect_seconds",
      "From that fault to its detection (MTTD).",
      seconds(figures?.mttd ?? null),
    ),
    gauge(
      "belay_last_incident_recover_seconds",
      "From that fault until it was taken back (MTTR).",
      seconds(figures?.mttr ?? null),
    ),
    gauge(
      "belay_last_incident_confidence_seconds",
      "From that fault until it was taken back and verified (MTTC).",
      seconds(figures?.mttc ?? null),
    ),
    gauge(
      "belay_last_incident_conflicts",
      "Rows on which its rollback and later writes did not agree.",
      some(conflicts ?? null),
    ),
    gauge("belay_notices_queued", "Notices that are still to be sent.", queues("queued")),
    counter("belay_notices_total", "Notices of which something became.", [
      ...queues("delivered", { result: "delivered" }),
      ...queues("failed", { result: "failed" }),
    ]),
  ];
}

type Samples = Sample | readonly Sample[];

const gauge = (name: string, help: string, samples: Samples): Family => ({
  ...{ name, help, type: "gauge" },
  samples: [samples].flat(),
});

const counter = (name: string, help: string, samples: Samples): Family => ({
  ...{ name, help, type: "counter" },
  samples: [samples].flat(),
});

function flag(is: boolean): Sample {
  return { value: Number(is) };
}

function some(value: number | null): Sample[] {
  return value === null ? [] : [{ value }];
}

function seconds(ms: number | null): Sample[] {
  return some(ms === null ? null : ms / 1_000);
}

/** `rolled_back`, as labels are written. */
function tallied(tally: Partial<Tally>): Sample[] {
  return Object.entries(tally).map(([outcome, value]) => ({
    labels: { outcome: outcome.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) },
    value,
  }));
}
