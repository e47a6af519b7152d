// Owns: numbers as blocks of different heights. Pure.

const blocks = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"] as const;

/** What could not be measured. */
const gap = "·";

/**
 * One for each value, from zero to the limit, or to the largest where that is more: so that what is far
 * from its limit looks like it. What has no limit and never moves lies low.
 */
export function sparkline(values: readonly (number | null)[], limit: number | null): string[] {
  const known = values.filter((value) => value !== null);
  const isStill = limit === null && known.every((value) => value === known[0]);
  const top = isStill ? 0 : Math.max(limit ?? 0, ...known);
  return values.map((value) => {
    if (value === null) return gap;
    const share = top > 0 ? Math.min(1, Math.max(0, value / top)) : 0;
    return blocks[Math.round(share * (blocks.length - 1))] ?? gap;
  });
}
