// Owns: proofs as one HTML file that needs nothing else: a row per migration, and for each that is
// not exact what was and what is, side by side.

import type { ProveResult } from "../../app/prove.ts";
import type { Difference } from "../../core/catalog.ts";
import { type MigrationProof, type WayProof, waysOf } from "../../prove/result.ts";
import { countsOf } from "./prove.ts";

export function proofsAsHtml(result: ProveResult): string {
  const stopped =
    result.stopped === undefined
      ? ""
      : `<p class="failed">Nothing after ${asText(result.stopped.version)} was rehearsed: ${asText(result.stopped.error.message)}</p>`;
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>belay prove</title><style>${style}</style>
<h1>belay prove</h1><p>${countsOf(result.summary)}</p>${stopped}
<table><thead><tr><th>migration<th>planned inverse<th>written down<th>rows<th>crashes<th>ms</thead>
<tbody>${result.migrations.map(rowOf).join("\n")}</tbody></table>
${result.migrations.map(detailsOf).join("\n")}
</html>
`;
}

const style = `
  body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem;
    color: #1c1c1e; background: #fff }
  table { border-collapse: collapse; width: 100% } td, th { text-align: left; vertical-align: top;
    padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #d8d8dc }
  td { overflow-wrap: anywhere } code, pre { font: 13px/1.45 ui-monospace, monospace }
  pre { white-space: pre-wrap; background: #f4f4f6; padding: .75rem; border-radius: 4px }
  .exact { color: #14713a } .lossy, .irreversible { color: #8a5a00 } .failed { color: #b3261e }
  h2 { font-size: 1.1rem; margin: 2rem 0 .5rem } .muted { color: #66666b }
  @media (prefers-color-scheme: dark) { body { color: #e8e8ea; background: #17171a }
    td, th { border-color: #3a3a40 } pre { background: #222226 } .exact { color: #5fd28c }
    .lossy, .irreversible { color: #e3b04b } .failed { color: #ff8a80 } }`;

function rowOf(proof: MigrationProof): string {
  const { version, name, rows, crash, ms } = proof;
  const cell = (source: string) => {
    const way = waysOf(proof).find(({ undoSource }) => undoSource === source);
    return way === undefined ? `<td class="muted">-` : `<td class="${way.verdict}">${way.verdict}`;
  };
  const crashes = crash === undefined ? "-" : `${crash.points}, ${crash.failures} failed`;
  const label = `<a href="#${anchor(version)}">${asText(`${version} ${name}`)}</a>`;
  return `<tr><td>${label}${cell("planned")}${cell("file")}<td>${rows.checked}<td>${crashes}<td>${ms}`;
}

function detailsOf(proof: MigrationProof): string {
  const ways = waysOf(proof).filter((way) => way.verdict !== "exact" || way.findings.length > 0);
  const id = `id="${anchor(proof.version)}"`;
  if (ways.length === 0) return `<a ${id}></a>`;
  const proposal =
    proof.proposal === undefined
      ? ""
      : `<p>An exact down:</p><pre>${asText(proof.proposal.map((sql) => `${sql};`).join("\n"))}</pre>`;
  return `<section ${id}><h2>${asText(`${proof.version} ${proof.name}`)}</h2>
${ways.map(wayOf).join("\n")}${proposal}
<p class="muted">Again: <code>${asText(proof.reproduce)}</code></p></section>`;
}

function wayOf(way: WayProof): string {
  const when = way.failsWhen === undefined ? "" : `, ${way.failsWhen}`;
  const losses = way.losses.map(
    ({ object, why, rows }) =>
      `<tr><td>${asText(object)}<td>${asText(why)}<td>${rows ?? "unknown"}`,
  );
  const lossTable =
    losses.length === 0
      ? ""
      : `<table><thead><tr><th>lost<th>why<th>rows</thead>${losses.join("")}</table>`;
  const findings = way.findings.map(({ kind, text }) => `<li>${asText(`${kind}: ${text}`)}`);
  return `<p><b>${way.undoSource}</b>: <span class="${way.verdict}">${way.verdict}</span>${when}${
    way.why === undefined ? "" : `. ${asText(way.why)}`
  }</p>${sideBySide(way.residual)}${lossTable}<ul>${findings.join("")}</ul>`;
}

function sideBySide(residual: readonly Difference[]): string {
  if (residual.length === 0) return "";
  const rows = residual.map(({ object, fact, before, after }) => {
    const what = fact === undefined ? object : `${object}: ${fact}`;
    const cell = (value: string | undefined) =>
      value === undefined ? `<td class="muted">not there` : `<td><code>${asText(value)}</code>`;
    return `<tr><td>${asText(what)}${cell(before)}${cell(after)}`;
  });
  return `<table><thead><tr><th>object<th>before the migration<th>after the rollback</thead>${rows.join("")}</table>`;
}

function anchor(version: string): string {
  return `m-${encodeURIComponent(version)}`;
}

function asText(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
