// Owns: proofs as one HTML file that needs nothing else: a row per migration, and for each that is
// not exact what was and what is, side by side.

import type { ProveResult } from "../../app/prove.ts";
import type { Difference } from "../../core/catalog.ts";
import { type MigrationProof, type WayProof, waysOf } from "../../prove/result.ts";
import { asText, page } from "./html.ts";
import { countsOf } from "./prove.ts";

export function proofsAsHtml(result: ProveResult): string {
  const stopped =
    result.stopped === undefined
      ? ""
      : `<p class="failed">Nothing after ${asText(result.stopped.version)} was rehearsed: ${asText(result.stopped.error.message)}</p>`;
  return page(
    "belay prove",
    `<p>${countsOf(result.summary)}</p>${stopped}
<table><thead><tr><th>migration<th>planned inverse<th>written down<th>rows<th>crashes<th>ms</thead>
<tbody>${result.migrations.map(rowOf).join("\n")}</tbody></table>
${result.migrations.map(detailsOf).join("\n")}`,
  );
}

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
