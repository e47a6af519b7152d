// Owns: numbers with their units, as short as people read them at a glance. Pure.

/** Two digits, or more before the point: so that it does not flicker. */
function short(value: number): string {
  if (!Number.isFinite(value)) return "∞";
  return Math.abs(value) >= 10 ? value.toFixed(0) : String(Number(value.toFixed(1)));
}

const bytes = ["B", "kB", "MB", "GB", "TB", "PB"];

/** `12 ms`, `1.2 s`, `3.4 MB`, `7 %`; units that count things say nothing that the name does not. */
export function quantity(value: number, unit: string): string {
  if (unit === "ms") return value >= 1_000 ? `${short(value / 1_000)} s` : `${short(value)} ms`;
  if (unit === "%") return `${short(value)} %`;
  if (unit !== "bytes") return short(value);
  const power = Math.min(bytes.length - 1, Math.floor(Math.log10(Math.max(1, value)) / 3));
  return `${short(value / 1_000 ** power)} ${bytes[power]}`;
}

/** `1.2 s`, `47 s`, `9 min 5 s`, `71 h 59 min`; what is over is `over`. */
export function duration(ms: number): string {
  if (ms < 0) return "over";
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
