// Owns: an incident as Markdown, which is also what people read on a terminal.

import type { IncidentReport } from "../../app/report.ts";

/** `detected after 1.2 s, taken back after 1.4 s, verified after 3.0 s`. */
export function figures({ figures: { mttd, mttr, mttc } }: IncidentReport): string {
  const parts = [
    ["detected", mttd],
    ["taken back", mttr],
    ["verified", mttc],
  ] as const;
  const told = parts.flatMap(([what, ms]) => (ms === null ? [] : [`${what} after ${seconds(ms)}`]));
  return told.join(", ");
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

export function incidentMarkdown(incident: IncidentReport): string[] {
  const { times, reasons, checks, figures: measured, versions, conflicts } = incident;
  const fault = times.fault === null ? Number.NaN : Date.parse(times.fault);
  const timeline = Object.entries(times).map(([step, time]) => {
    const after = time === null ? "" : seconds(Date.parse(time) - fault);
    return `| ${words[step as keyof typeof words]} | ${time ?? "no"} | ${after} |`;
  });
  return [
    `## Incident of ${times.fault ?? "unknown time"}: ${outcomes[incident.outcome ?? "open"]}`,
    "",
    incident.why,
    "",
    "| step | time | after the fault |",
    "| --- | --- | --- |",
    ...timeline,
    "",
    `- MTTD (detected - fault): ${of(measured.mttd)}`,
    `- MTTR (rolled back - fault): ${of(measured.mttr)}`,
    `- MTTC (verified - fault): ${of(measured.mttc)}`,
    `- Taken back: ${versions.join(", ") || "nothing"}`,
    `- Rows in conflict with later writes: ${conflicts ?? "unknown"}`,
    "",
    "Reasons:",
    "",
    ...reasons.flatMap(({ signal, detail, attributed, falseAlarms, series }) => [
      `- **${signal}**${attributed ? " (names Belay as the cause)" : ""}: ${detail}`,
      `  - to be trusted: ${falseAlarms}`,
      `  - last samples: ${series.slice(-10).map(sample).join(" ")}`,
    ]),
    ...(checks.length === 0 ? [] : ["", "Verified:", ""]),
    ...checks.map(
      ({ name, passed, detail }) => `- ${passed ? "yes" : "**no**"}: ${name}: ${detail}`,
    ),
  ];
}

export function of(ms: number | null): string {
  return ms === null ? "did not come to that" : seconds(ms);
}

function sample([, value, state]: IncidentReport["reasons"][number]["series"][number]): string {
  const figure = value === null ? "?" : String(Number(value.toPrecision(3)));
  return state === "bad" ? `**${figure}**` : figure;
}

export const words = {
  fault: "fault (first bad sample)",
  detected: "detected",
  decided: "decided",
  rolledBack: "rolled back",
  verified: "verified",
  closed: "closed",
} as const;

export const outcomes = {
  rolledBack: "taken back, verified",
  handedOver: "handed over to a human",
  healthy: "all well",
  unclear: "unclear",
  nothing: "nothing",
  open: "not closed",
} as const;
