// Owns: the name shape that most tools share, `<digits>_<name>[.up|.down].sql` at the top of the
// folder; new names of that shape; and sqlx's marker for files without a transaction.

import type { Tree } from "./format.ts";
import { statementsStart } from "./sections.ts";
import { nextVersion, slug } from "./versions.ts";

export interface NumberedFile {
  path: string;
  text: string;
  version: string;
  name: string;
  /** Absent in files that hold one direction or both without saying so in the name. */
  direction?: "up" | "down";
}

const shape = /^(\d+)_([^/]*?)(?:\.(up|down))?\.sql$/s;

export function numberedFiles(tree: Tree): NumberedFile[] {
  return [...tree.files].flatMap(([path, text]) => {
    const [, version, name, direction] = shape.exec(path) ?? [];
    if (version === undefined || name === undefined) return [];
    const whole = { path, text, version, name };
    return direction === "up" || direction === "down" ? { ...whole, direction } : whole;
  });
}

/** `<next version>_<slug>`, without what follows. */
export function nextNumberedName(tree: Tree, title: string, now: Date): string {
  const versions = numberedFiles(tree).map(({ version }) => version);
  return `${nextVersion(versions, now)}_${slug(title)}`;
}

/** As sqlx itself has it (`source.rs`): the very first characters of the file. */
export function beginsAsSqlx(text: string): boolean {
  return text.startsWith("-- no-transaction");
}

/** sqlx's marker, or a line of its own in the leading comments that says the same. */
export function saysNoTransaction(text: string): boolean {
  const comments = text.slice(0, statementsStart(text));
  return beginsAsSqlx(text) || /^--[ \t]*no-transaction[ \t]*$/m.test(comments);
}
