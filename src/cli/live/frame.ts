// Owns: how a watch looks on a terminal: from what there is to be seen to lines. Pure.

import type { Gauge } from "../../core/gauge.ts";
import type { WatchLook } from "../../engine/events.ts";
import type { Output } from "../output.ts";
import { cell, harmless, line, type Part, textOf, width } from "./columns.ts";
import { duration, quantity } from "./quantity.ts";
import { sparkline } from "./sparkline.ts";
import type { Run, Shown, View } from "./view.ts";

export interface Screen {
  columns: number;
  rows: number;
  /** Epoch milliseconds. */
  now: number;
  paint: Output["paint"];
}

/** Sessions that are named; the others are counted. */
const namedWaiters = 3;

/** Nothing before the first look. No line is wider, and they are never more, than the screen takes. */
export function frame(view: View, screen: Screen): string[] {
  const { look, run } = view;
  if (look === undefined) return [];
  // The last column stays free: some terminals begin a new line there.
  const columns = Math.max(1, screen.columns - 1);
  const head = [headline(view, look, screen)];
  const tail = [...waiting(look, screen), ...(run ? [running(run, screen)] : [])];
  const room = Math.max(1, screen.rows - 2 - head.length - tail.length);
  const lines = [...head, ...signals(view, look, { ...screen, columns, rows: room }), ...tail];
  return lines
    .slice(0, Math.max(1, screen.rows - 1))
    .map((parts) => line(parts, columns).trimEnd());
}

const rungColours = { calm: "green", throttle: "yellow", pause: "yellow" } as const;

function headline({ incident }: View, look: WatchLook, { paint, now, columns }: Screen): Part[] {
  const { rung, undoUntil } = look;
  const colour = rungColours[rung as keyof typeof rungColours] ?? "red";
  const strong = (text: string) => paint.bold(paint[colour](text));
  const told = [
    doing(look, incident),
    ...(undoUntil === null ? [] : [`undo window ${duration(undoUntil - now)}`]),
  ];
  const parts: Part[] = [
    ["── guard", paint.dim],
    ...(rung === null ? [] : [": ", [rung, strong] as const]),
    ...told.flatMap((each): Part[] => [[" ── ", paint.dim], each]),
    " ",
  ];
  const taken = parts.reduce((sum, part) => sum + width(textOf(part)), 0);
  // On to the edge, so that it is told apart from what scrolls above.
  return [...parts, ["─".repeat(Math.max(0, columns - 1 - taken)), paint.dim]];
}

function doing({ phase, leftMs }: WatchLook, incident: View["incident"]): string {
  const left = leftMs === null ? "" : duration(leftMs);
  if (incident === "decided" || incident === "detected") return "an incident: the guard acts";
  if (phase === "verifying") return "taken back; is all as it was?";
  if (phase === "learning") return `learns what is usual, ${left} more`;
  if (phase === "running") return "looks on while the migration runs";
  return `all has to be well for ${left} more`;
}

/** Signs that need no colour: bad by its rule; a bad sample; not known; well. */
function signOf({ alone, verdict, dryRun }: Gauge, paint: Output["paint"]): Part {
  if (verdict === "bad") return ["✗", dryRun ? paint.yellow : paint.red];
  if (alone === "bad") return ["!", paint.yellow];
  if (alone === "unknown" || verdict === "unknown") return ["?", dryRun ? paint.dim : paint.yellow];
  return ["✓", paint.green];
}

function signals({ series }: View, { gauges }: WatchLook, screen: Screen): Part[][] {
  const shown = mostWorth(gauges, screen.rows);
  const texts = shown.map(({ value, unit, limit }) => ({
    value: value === null ? "unknown" : quantity(value, unit),
    limit: limit === null ? "" : `limit ${quantity(limit, unit)}`,
  }));
  const widest = (column: readonly string[]) => Math.max(0, ...column.map(width));
  const name = Math.min(24, widest(shown.map(({ signal }) => signal)));
  const value = Math.max(leastValue, widest(texts.map((each) => each.value)));
  const limit = widest(texts.map((each) => each.limit));
  // Indent, sign, name and value with a space or two after each; the sparkline takes what is left.
  const left = screen.columns - (4 + name + 2 + value);
  const showsLimit = left - 4 - limit >= leastSpark;
  const spark = Math.min(mostSpark, showsLimit ? left - 4 - limit : left - 2);
  const lines = shown.map((gauge, index): Part[] => {
    const known = series.get(gauge.signal) ?? [];
    const text = texts[index];
    return [
      ...["  ", signOf(gauge, screen.paint), " ", `${cell(harmless(gauge.signal), name)}  `],
      ...(spark >= leastSpark ? [...sparked(known, gauge, spark, screen.paint), "  "] : []),
      [cell(text?.value ?? "", value, "right"), gauge.value === null ? screen.paint.dim : String],
      ...(showsLimit
        ? [["  ", String] as const, [text?.limit ?? "", screen.paint.dim] as const]
        : []),
    ];
  });
  const others = gauges.length - shown.length;
  return others === 0 ? lines : [...lines, [[`    and ${others} more`, screen.paint.dim]]];
}

/** Columns, so that those beside it stay where they are. */
const leastValue = 8;

/** Columns; with fewer it says nothing, and more are further back than anybody looks. */
const [leastSpark, mostSpark] = [6, 40];

/** Where not all fit, those that are not well. */
function mostWorth(gauges: readonly Gauge[], rows: number): Gauge[] {
  if (gauges.length <= rows) return [...gauges];
  const rank = ({ alone, verdict }: Gauge) =>
    ["bad", "unknown", "ok"].indexOf(verdict === "ok" ? alone : verdict);
  const chosen = new Set(
    [...gauges].sort((a, b) => rank(a) - rank(b)).slice(0, Math.max(0, rows - 1)),
  );
  return gauges.filter((each) => chosen.has(each));
}

const sparkColours = { ok: "green", bad: "red", unknown: "dim" } as const;

/** The newest on the right; what is not there yet is blank. */
function sparked(
  series: readonly Shown[],
  { limit }: Gauge,
  columns: number,
  paint: Output["paint"],
): Part[] {
  const last = series.slice(-columns);
  const blocks = sparkline(
    last.map(({ value }) => value),
    limit,
  );
  const parts = blocks.map((block, index): Part => {
    return [block, paint[sparkColours[last[index]?.state ?? "unknown"]]];
  });
  return [" ".repeat(columns - last.length), ...parts];
}

/** Every session of Belay's is named so; it may wait too. */
const ours = /^belay:/;

function waiting({ waiting: sessions }: WatchLook, { paint }: Screen): Part[][] {
  const title = (text: string, colour: (text: string) => string): Part[] => [
    "    locks  ",
    [text, colour],
  ];
  if (sessions === null) return [title("not known who waits", paint.dim)];
  if (sessions.length === 0) return [title("nobody waits", paint.dim)];
  const forBelay = sessions.filter(({ attributed }) => attributed).length;
  const who = sessions.length === 1 ? "1 session waits" : `${sessions.length} sessions wait`;
  const ofThem = forBelay === 0 ? "" : `, ${forBelay} of them for Belay`;
  const named = sessions.slice(0, namedWaiters).map((each): Part[] => {
    const { pid, user, application, waitedMs, lock, query, attributed } = each;
    const name = ours.test(application) ? "Belay" : harmless(application || user);
    const told = `${pid} ${name}, ${duration(waitedMs)} for ${lock}: ${harmless(query)}`;
    return ["    ", [attributed ? "!" : " ", paint.red], " ", told];
  });
  return [title(`${who}${ofThem}`, forBelay > 0 ? paint.red : paint.yellow), ...named];
}

const marks = { up: "▲", down: "▼", "back-out": "↩" } as const;

function running({ direction, label, detail, share }: Run, { paint }: Screen): Part[] {
  const done = share === undefined ? "" : `  ${bar(share)} ${Math.round(share * 100)} %`;
  return [
    ["  ", String],
    [marks[direction], direction === "up" ? paint.green : paint.yellow],
    [` ${harmless(label)}`, paint.bold],
    `${done}  ${harmless(detail)}`,
  ];
}

/** Columns of a bar of progress. */
const barColumns = 10;

function bar(share: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * barColumns);
  return "█".repeat(full) + "░".repeat(barColumns - full);
}
