// Owns: what is said of statements that no kind knows.

import type { Kind } from "./kind.ts";

/** `CreateXyzStmt` -> `create xyz`. */
function worded(node: string): string {
  return node
    .replace(/Stmt\b|^AlterTableStmt\/AT_/g, "")
    .replace(/(?<=[a-z])(?=[A-Z])/g, " ")
    .toLowerCase();
}

/** Runs as written, its effects observed; nobody knows how to take them back. */
export function opaque(node: string): Kind {
  return {
    kind: "opaque",
    node,
    describe: () => ({
      changes: [{ kind: "opaque", object: worded(node) }],
      locks: [],
      undo: { kind: "irreversible", why: `nothing is known of statements of type ${worded(node)}` },
      observe: true,
    }),
  };
}
