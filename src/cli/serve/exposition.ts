// Owns: the text form of metrics that Prometheus reads (exposition format 0.0.4). Pure.

export interface Family {
  name: string;
  type: "gauge" | "counter";
  help: string;
  samples: readonly Sample[];
}

export interface Sample {
  labels?: Record<string, string>;
  value: number;
}

export const contentType = "text/plain; version=0.0.4; charset=utf-8";

/** A family without samples is left out: what is not known is not there. */
export function exposition(families: readonly Family[]): string {
  const known = families.filter(({ samples }) => samples.length > 0);
  const lines = known.flatMap(({ name, type, help, samples }) => [
    `# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}`,
    `# TYPE ${name} ${type}`,
    ...samples.map(({ labels, value }) => `${name}${labelled(labels)} ${number(value)}`),
  ]);
  return `${lines.join("\n")}\n`;
}

function labelled(labels: Record<string, string> = {}): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function number(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? "+Inf" : "-Inf";
}
