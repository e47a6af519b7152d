// Owns: columns of text.

/** Columns as wide as their widest cell; colours do not count towards the width. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) {
      widths[index] = Math.max(widths[index] ?? 0, width(cell));
    }
  }
  return rows.map((row) =>
    row
      .map((cell, index) => cell + " ".repeat((widths[index] ?? 0) - width(cell)))
      .join("  ")
      .trimEnd(),
  );
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: an escape character is what it looks for
const colours = /\u001B\[\d+m/g;

function width(cell: string): number {
  return [...cell.replace(colours, "")].length;
}
