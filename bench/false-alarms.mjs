// Owns: how often the guard's own tests cry although nothing is wrong, and how soon they find what
// is, on made-up series: the tables of docs/guard.md, from the code as built. No server is needed.

import { fileURLToPath } from "node:url";
import { print, printTable, readOptions } from "./arguments.mjs";

/** Samples every 5 s: 20 minutes of baseline, 10 minutes of watch. */
const [baselineLength, windowLength, sampleSeconds] = [240, 120, 5];
const latencyRules = [
  { label: "1 reading above mean + 3 sd", test: "condition", above: "sigma", failureLimit: 0 },
  {
    label: "more than 3 readings above mean + 3 sd",
    test: "condition",
    above: "sigma",
    failureLimit: 3,
  },
  { label: "3 in a row above the baseline's p95", test: "condition", above: "p95", consecutive: 3 },
  { label: "5 in a row above the baseline's p95", test: "condition", above: "p95", consecutive: 5 },
  { label: "median: 6 in a row above 1.5 x (default)", test: "median" },
  { label: "cusum: dead band 1.25 x, k 0.25, h 8", test: "cusum" },
];

const options = {
  runs: { type: "string", default: "1500", summary: "made-up watches for each figure" },
  json: { type: "boolean", summary: "one JSON document" },
};

async function load() {
  const { tests } = await import("../dist/guard/rules/all.js");
  const { autocorrelated, binomial, seeded } = await import("../dist/guard/series.js");
  return { tests, autocorrelated, binomial, seeded };
}

/** Log-normal with a width of 0.2; one reading in a hundred is a spike of up to three times. */
function latencies({ autocorrelated }, random, phi) {
  const next = autocorrelated(random, phi);
  return () => 100 * Math.exp(0.2 * next()) * (random() < 0.01 ? 1 + 2 * random() : 1);
}

function limitOf(baseline, above) {
  if (above === undefined) return undefined;
  const sorted = [...baseline].sort((left, right) => left - right);
  if (above === "p95") return sorted[Math.floor(0.95 * sorted.length)];
  const mean = baseline.reduce((sum, each) => sum + each, 0) / baseline.length;
  const square = baseline.reduce((sum, each) => sum + (each - mean) ** 2, 0) / baseline.length;
  return mean + 3 * Math.sqrt(square);
}

/** Share of runs with an alarm, and the median of the seconds until then. */
function latencyRow(code, rule, { phi, shift, runs }) {
  const random = code.seeded(Math.round(1000 * phi) + Math.round(10 * shift));
  const seconds = [];
  for (let run = 0; run < runs; run += 1) {
    const next = latencies(code, random, phi);
    const baseline = Array.from({ length: baselineLength }, next);
    const over = limitOf(baseline, rule.above);
    const { label: _, above: __, ...given } = rule;
    const judge = code.tests[rule.test].begin(
      baseline.map((value) => ({ state: "ok", value })),
      { ...given, ...(over === undefined ? {} : { failureCondition: { over } }) },
      windowLength,
    );
    for (let at = 1; at <= windowLength; at += 1) {
      if (judge({ state: "ok", value: next() * shift }).state === "ok") continue;
      seconds.push(at * sampleSeconds);
      break;
    }
  }
  return told(seconds, runs);
}

/** `spread`: 0 for independent failures; else failures come in bursts. */
function errorRow(code, { perSecond, share, spread, runs }) {
  const random = code.seeded(perSecond + Math.round(1e5 * share));
  const all = perSecond * sampleSeconds;
  const reading = (rate) => {
    const now = spread === 0 ? rate : rate * Math.exp(spread * code.autocorrelated(random, 0)());
    const bad = code.binomial(random, all, Math.min(1, now));
    return { state: "ok", value: (100 * bad) / all, events: { bad, all } };
  };
  // What the reference took as known: one in a thousand fails.
  const usual = Array.from({ length: baselineLength }, () => ({
    state: "ok",
    value: 0.1,
    events: { bad: all / 1_000, all },
  }));
  const seconds = [];
  for (let run = 0; run < runs; run += 1) {
    const judge = code.tests.bernoulli.begin(usual, {}, windowLength);
    for (let at = 1; at <= windowLength; at += 1) {
      if (judge(reading(share)).state === "ok") continue;
      seconds.push(at * sampleSeconds);
      break;
    }
  }
  return told(seconds, runs);
}

function told(seconds, runs) {
  const sorted = seconds.sort((left, right) => left - right);
  return { share: seconds.length / runs, seconds: sorted[Math.floor(sorted.length / 2)] ?? null };
}

export async function measureFalseAlarms({ runs = 1_500 } = {}) {
  const code = await load();
  const latency = latencyRules.map((rule) => ({
    rule: rule.label,
    falseAlarms: [0, 0.5, 0.8].map((phi) => latencyRow(code, rule, { phi, shift: 1, runs }).share),
    found: [1.5, 2, 5].map((shift) => latencyRow(code, rule, { phi: 0.5, shift, runs })),
  }));
  const errors = [2, 10, 50, 500].map((perSecond) => ({
    perSecond,
    falseAlarms: [0, 0.5].map(
      (spread) => errorRow(code, { perSecond, share: 0.001, spread, runs }).share,
    ),
    found: [0.002, 0.01, 0.05, 0.2].map((share) =>
      errorRow(code, { perSecond, share, spread: 0, runs }),
    ),
  }));
  return { runs, latency, errors };
}

const percent = (share) => `${(100 * share).toFixed(1)} %`;
const found = ({ share, seconds }) =>
  seconds === null ? "0 %" : `${(100 * share).toFixed(0)} %, ${seconds} s`;

export function printFalseAlarms({ latency, errors }) {
  printTable([
    ["rule", "phi 0", "phi 0.5", "phi 0.8", "1.5 x", "2 x", "5 x"],
    ...latency.map((row) => [row.rule, ...row.falseAlarms.map(percent), ...row.found.map(found)]),
  ]);
  print("");
  printTable([
    ["requests/s", "false", "false, in bursts", "0.2 %", "1 %", "5 %", "20 %"],
    ...errors.map((row) => [
      String(row.perSecond),
      ...row.falseAlarms.map(percent),
      ...row.found.map(found),
    ]),
  ]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { runs, json } = readOptions("False alarms of the guard's tests", options);
  const measured = await measureFalseAlarms({ runs: Number(runs) });
  if (json) print(JSON.stringify(measured, null, 2));
  else printFalseAlarms(measured);
}
