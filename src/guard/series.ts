// Owns: figures of a series of measurements, and series that are made up: numbers only, no signals.

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const half = Math.floor(sorted.length / 2);
  const [low = Number.NaN, high = Number.NaN] = [sorted[half - 1], sorted[half]];
  return sorted.length % 2 === 1 ? high : (low + high) / 2;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Standard deviation. */
export function deviation(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
}

/**
 * How much of a deviation is still there in the next value, -1 to 1: the lag-1 autocorrelation, by
 * Kendall's correction for short series, which would seem more independent than they are.
 */
export function persistence(values: readonly number[]): number {
  const middle = mean(values);
  const off = values.map((value) => value - middle);
  const square = off.reduce((sum, each) => sum + each * each, 0);
  if (square === 0) return 0;
  const product = off.slice(1).reduce((sum, each, index) => sum + each * (off[index] ?? 0), 0);
  const raw = product / square;
  return Math.max(-1, Math.min(0.99, raw + (1 + 3 * raw) / values.length));
}

/** Of log latencies: those of zero, which a coarse clock measures, stand beside the smallest. */
export function logs(values: readonly number[]): number[] {
  const least = Math.min(...values.filter((value) => value > 0));
  const floor = Number.isFinite(least) ? least / 2 : 1;
  return values.map((value) => Math.log(Math.max(value, floor)));
}

/** Three digits: more say nothing to people. */
export function show(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** Standard normal deviates, two uniform numbers each. */
export function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Normal deviates that each resemble the one before: a stationary AR(1) series of variance 1. */
export function autocorrelated(random: () => number, phi: number): () => number {
  let last = normal(random);
  return () => {
    last = phi * last + Math.sqrt(1 - phi * phi) * normal(random);
    return last;
  };
}

/** Of `trials` things that each happen with this probability, how many do. */
export function binomial(random: () => number, trials: number, probability: number): number {
  const variance = trials * probability * (1 - probability);
  if (variance > 25) {
    const drawn = Math.round(trials * probability + Math.sqrt(variance) * normal(random));
    return Math.min(trials, Math.max(0, drawn));
  }
  if (probability > 0.5) return trials - binomial(random, trials, 1 - probability);
  // By the gaps between those that happen, so that rare ones among many cost little.
  let happened = 0;
  for (let at = gap(random, probability); at <= trials; at += gap(random, probability)) {
    happened += 1;
  }
  return happened;
}

function gap(random: () => number, probability: number): number {
  if (probability <= 0) return Number.POSITIVE_INFINITY;
  return 1 + Math.floor(Math.log(1 - random()) / Math.log(1 - probability));
}

/** Uniform numbers in [0, 1), the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
