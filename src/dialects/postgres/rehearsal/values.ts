// Owns: what a type's made-up values are to those who use them, and how lists of values are written.

export interface Values {
  /** Plain, and different for different numbers as far as the type has so many. */
  ordinary(index: number): string;
  /** What a way back loses most easily, the most telling first. */
  edges: readonly string[];
}

/** The values of a list, one after the other, over and over. */
export function cycling(list: readonly string[]): Values | undefined {
  const [first] = list;
  if (first === undefined) return undefined;
  return { ordinary: (index) => list[index % list.length] ?? first, edges: [] };
}

export function arrayText(items: readonly (string | null)[], delimiter = ","): string {
  return `{${items.map((item) => (item === null ? "NULL" : quoted(item))).join(delimiter)}}`;
}

/** As arrays, composites and ranges quote what is in them. */
export function quoted(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
