// Owns: showing people a place in their file.

/**
 * Three lines: the one before, the one meant, and a caret under the column. `line` and `column`
 * are 1-based; `firstLine` is the number of the text's first line.
 */
export function codeFrame(text: string, line: number, column: number, firstLine: number): string {
  const lines = text.split("\n", line - firstLine + 1);
  const shown = (number: number): string => {
    const content = (lines[number - firstLine] ?? "").replace(/\r$/, "").replaceAll("\t", " ");
    return `${String(number).padStart(5)} | ${content}`;
  };
  const caret = `${" ".repeat(5)} | ${" ".repeat(column - 1)}^`;
  return [...(line > firstLine ? [shown(line - 1)] : []), shown(line), caret].join("\n");
}
