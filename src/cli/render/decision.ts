// Owns: a decision for people: the ways side by side, and the one to take.

import type { DecideResult } from "../../app/decide.ts";
import type { Path } from "../../plan/decision.ts";
import type { Output } from "../output.ts";
import { table } from "./table.ts";

export function renderDecision(decision: DecideResult, output: Output): void {
  const { paint } = output;
  const { about, severity, targetSeconds, paths, recommended, because, pending } = decision;
  const target = targetSeconds === null ? "" : `, to be over within ${targetSeconds / 60} minutes`;
  const title = about === null ? "Nothing is applied" : `${about.version} ${about.name}`.trim();
  output.line(paint.bold(`${title}${severity === null ? "" : `: ${severity}${target}`}`));
  const rows = paths.map((each) => [
    each.path === recommended ? paint.green(`* ${each.path}`) : `  ${each.path}`,
    ...(each.possible ? pricesOf(each) : ["not possible", "", ""]),
    paint.dim(each.why),
  ]);
  const head = ["  way", "time", "rows", "locks", ""].map((each) => paint.dim(each));
  for (const line of table([head, ...rows])) output.line(line);
  const advice = recommended ?? paint.yellow("somebody has to weigh it");
  output.line(`${paint.bold("do")}    ${advice}: ${because}`);
  if (pending === null) return;
  const { version, name, strategy, why } = pending;
  output.line(`${paint.bold("next")}  ${`${version} ${name}`.trim()} fits ${strategy}: ${why}`);
}

function pricesOf({ path, seconds, rows, locks }: Path): string[] {
  if (path !== "roll back") return [path === "wait" ? "" : "unknown", "none", "none"];
  const shown = (count: number | null) => (count === null ? "unknown" : String(count));
  return [
    seconds === null ? "unknown" : `about ${Math.max(0.1, seconds).toFixed(1)} s`,
    `${shown(rows.merged)} merged, ${shown(rows.told)} told, ${shown(rows.lost)} lost`,
    locks.length === 0
      ? "none known"
      : locks.map(({ mode, table: on }) => `${mode} on ${on}`).join(", "),
  ];
}
