// Owns: incidents as one HTML file that needs nothing else: what happened when, the signals as charts,
// the checks.

import type { IncidentReport } from "../../app/report.ts";
import { asText, page } from "./html.ts";
import { of, outcomes, words } from "./incident.ts";

export function incidentsAsHtml(incidents: readonly IncidentReport[]): string {
  const body = incidents.map(incidentAsHtml).join("\n");
  return page("belay report", body === "" ? "<p>There was no incident.</p>" : body);
}

function incidentAsHtml(incident: IncidentReport): string {
  const { times, figures, versions, conflicts, reasons, checks, why, outcome } = incident;
  const state = outcome === "rolledBack" ? "exact" : "failed";
  const measured = [
    ["detected (MTTD)", of(figures.mttd)],
    ["taken back (MTTR)", of(figures.mttr)],
    ["verified (MTTC)", of(figures.mttc)],
    ["migrations taken back", versions.join(", ") || "none"],
    ["rows in conflict with later writes", String(conflicts ?? "unknown")],
  ];
  const rows = measured.map(([name = "", value = ""]) => `<tr><td>${name}<td>${asText(value)}`);
  const checked = checks.map(
    ({ name, passed, detail }) =>
      `<tr><td class="${passed ? "exact" : "failed"}">${passed ? "yes" : "no"}<td>${asText(name)}<td>${asText(detail)}`,
  );
  return `<section><h2>${asText(times.fault ?? "unknown time")}:
<span class="${state}">${outcomes[outcome ?? "open"]}</span></h2>
<p>${asText(why)}</p>
${timeline(times)}
<table>${rows.join("")}</table>
${reasons.map((reason) => signal(reason, times)).join("\n")}
${checked.length === 0 ? "" : `<h3>Verified</h3><table>${checked.join("")}</table>`}</section>`;
}

const [width, height, margin] = [720, 120, 8];

/** `part` of the whole, from 0 to 1, as a place on a chart. */
const across = (part: number) => (margin + part * (width - 2 * margin)).toFixed(1);

const svg = (tall: number, label: string, inner: string) =>
  `<svg viewBox="0 0 ${width} ${tall}" width="100%" role="img" aria-label="${asText(label)}">${inner}</svg>`;

/** The steps to scale; names that would lie on each other stand below each other. */
function timeline(times: IncidentReport["times"]): string {
  const steps = Object.entries(times).flatMap(([step, time]) =>
    time === null ? [] : [{ name: words[step as keyof typeof words], at: Date.parse(time) }],
  );
  const [first] = steps;
  const last = steps.at(-1);
  if (first === undefined || last === undefined) return "";
  const span = Math.max(1, last.at - first.at);
  const ticks = steps.map(({ name, at }, index) => {
    const x = across((at - first.at) / span);
    const y = 24 + index * 16;
    const isRight = (at - first.at) / span > 0.7;
    const text = `${name} +${((at - first.at) / 1_000).toFixed(1)} s`;
    return `<line x1="${x}" x2="${x}" y1="6" y2="${y - 10}" class="tick"/><text x="${x}" y="${y}" text-anchor="${isRight ? "end" : "start"}">${asText(text)}</text>`;
  });
  const bar = `<line x1="${across(0)}" x2="${across(1)}" y1="6" y2="6" class="bar"/>`;
  return svg(24 + steps.length * 16, "what happened when", `${chartStyle}${bar}${ticks.join("")}`);
}

type Reason = IncidentReport["reasons"][number];

function signal(reason: Reason, times: IncidentReport["times"]): string {
  const { detail, attributed, falseAlarms, series } = reason;
  const named = attributed ? ", which names Belay as the cause" : "";
  return `<h3>${asText(reason.signal)}${named}</h3><p>${asText(detail)}
<span class="muted">To be trusted: ${asText(falseAlarms)}.</span></p>${chart(reason.signal, series, times)}`;
}

function chart(name: string, series: Reason["series"], times: IncidentReport["times"]): string {
  const known = series.filter(([, value]) => value !== null);
  const [first] = series;
  const last = series.at(-1);
  if (first === undefined || last === undefined || known.length === 0) return "";
  const highest = Math.max(...known.map(([, value]) => value ?? 0));
  const lowest = Math.min(0, ...known.map(([, value]) => value ?? 0));
  const span = Math.max(1, last[0] - first[0]);
  const x = (at: number) => across((at - first[0]) / span);
  const y = (value: number) => {
    const part = (value - lowest) / (highest - lowest || 1);
    return (height - margin - part * (height - 2 * margin)).toFixed(1);
  };
  const line = known.map(([at, value]) => `${x(at)},${y(value ?? 0)}`).join(" ");
  const dots = known
    .filter(([, , state]) => state === "bad")
    .map(([at, value]) => `<circle cx="${x(at)}" cy="${y(value ?? 0)}" r="3" class="bad"/>`);
  const gaps = series
    .filter(([, value]) => value === null)
    .map(([at]) => `<line x1="${x(at)}" x2="${x(at)}" y1="0" y2="${height}" class="gap"/>`);
  const fault = times.fault === null ? undefined : Date.parse(times.fault);
  const mark =
    fault === undefined || fault < first[0] || fault > last[0]
      ? ""
      : `<line x1="${x(fault)}" x2="${x(fault)}" y1="0" y2="${height}" class="tick"/>`;
  const scale = `<text x="${margin}" y="${margin + 4}">${asText(String(Number(highest.toPrecision(3))))}</text>`;
  const inner = `${chartStyle}${gaps.join("")}${mark}<polyline points="${line}" class="line"/>${dots.join("")}${scale}`;
  return svg(height, `${name} over ${(span / 1_000).toFixed(0)} s`, inner);
}

const chartStyle = `<style>
  text { font: 12px system-ui, sans-serif; fill: currentColor } .line { fill: none; stroke: currentColor }
  .bad { fill: #b3261e } .tick { stroke: #8a5a00; stroke-dasharray: 3 3 } .bar { stroke: currentColor; stroke-width: 3 }
  .gap { stroke: #8888; stroke-width: 4 }</style>`;
