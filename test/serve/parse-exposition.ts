// Owns: a strict reader of the Prometheus text format (0.0.4): what it does not expect is an error, so
// that a test which reads a page by it has also proved the page.

export interface Page {
  /** `gauge` or `counter`, by name. */
  types: Map<string, string>;
  /** The one sample with exactly these labels; undefined: it is not there. */
  value(name: string, labels?: Record<string, string>): number | undefined;
  /** All samples of a family. */
  all(name: string): { labels: Record<string, string>; value: number }[];
}

const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const labelName = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const numeral = /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|\+Inf|-Inf|NaN)$/;

export function parseExposition(text: string): Page {
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  const types = new Map<string, string>();
  const helped = new Set<string>();
  const samples = new Map<string, { labels: Record<string, string>; value: number }[]>();
  let family = "";
  for (const line of text.slice(0, -1).split("\n")) {
    const fail = (why: string): never => {
      throw new Error(`${why}: ${line}`);
    };
    const help = /^# HELP (\S+) (.+)$/.exec(line);
    if (help) {
      const [, name = ""] = help;
      if (!metricName.test(name)) fail("no name of a metric");
      if (helped.has(name)) fail("a second HELP, or a family in two parts");
      if (!/^(?:[^\\]|\\[\\n])*$/.test(help[2] ?? "")) fail("an escape that is none");
      helped.add(name);
      family = name;
      continue;
    }
    const type = /^# TYPE (\S+) (gauge|counter)$/.exec(line);
    if (type) {
      const [, name = "", kind = ""] = type;
      if (name !== family || types.has(name)) fail("TYPE does not follow its HELP");
      if ((kind === "counter") !== name.endsWith("_total")) fail("a counter ends in _total");
      types.set(name, kind);
      samples.set(name, []);
      continue;
    }
    const sample = /^([^{\s]+)(\{.*\})? (\S+)$/s.exec(line) ?? fail("neither comment nor sample");
    const [, name = "", labels = "{}", value = ""] = sample;
    if (name !== family || !types.has(name)) fail("a sample outside of its family");
    if (!numeral.test(value)) fail("no number");
    const own = samples.get(name) ?? [];
    const one = {
      labels: parseLabels(labels, fail),
      value: Number(value.replace("Inf", "Infinity")),
    };
    if (own.some((each) => isSame(each.labels, one.labels))) fail("the same series twice");
    own.push(one);
  }
  for (const [name, own] of samples) if (own.length === 0) throw new Error(`${name} is empty`);
  return {
    types,
    all: (name) => samples.get(name) ?? [],
    value: (name, labels = {}) =>
      samples.get(name)?.find((each) => isSame(each.labels, labels))?.value,
  };
}

function parseLabels(text: string, fail: (why: string) => never): Record<string, string> {
  const labels: Record<string, string> = {};
  let rest = text.slice(1, -1);
  while (rest !== "") {
    const pair = /^([^=]+)="((?:[^"\\]|\\["\\n])*)"(,|$)/.exec(rest) ?? fail("no label");
    const [whole, name = "", value = "", comma] = pair;
    if (!labelName.test(name) || name.startsWith("__")) fail("no name of a label");
    if (name in labels) fail("the same label twice");
    labels[name] = value.replace(/\\(.)/g, (_, letter) => (letter === "n" ? "\n" : letter));
    rest = rest.slice(whole.length);
    if (comma === "," && rest === "") fail("a comma with nothing after it");
  }
  return labels;
}

function isSame(left: Record<string, string>, right: Record<string, string>): boolean {
  const names = Object.keys(left);
  return (
    names.length === Object.keys(right).length && names.every((name) => left[name] === right[name])
  );
}
