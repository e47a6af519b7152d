// Lists the statement kinds: `node tools/gen.mjs` writes src/dialects/<d>/kinds/all.generated.ts.
// Plain JavaScript, because Node 20 runs no TypeScript. A test fails when a list is stale.

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const dialects = fileURLToPath(new URL("../src/dialects", import.meta.url));

/** `add-column` -> `addColumn`; words that are reserved get an underscore. */
function identifier(file) {
  const name = file.replace(/-([a-z0-9])/g, (_, letter) => letter.toUpperCase());
  return /^(delete|do|import|new|with|function|default)$/.test(name) ? `${name}_` : name;
}

/** The folders that have lists, with the text each list should hold. */
export function lists() {
  return readdirSync(dialects)
    .map((dialect) => join(dialects, dialect, "kinds"))
    .filter((folder) => existsSync(folder))
    .map((folder) => ({ path: join(folder, "all.generated.ts"), text: listOf(folder) }));
}

function listOf(folder) {
  const names = readdirSync(folder)
    .filter((file) => /^[a-z0-9-]+\.ts$/.test(file))
    .map((file) => file.slice(0, -3))
    .sort();
  const imports = names.map(
    (name) => `import { kind as ${identifier(name)} } from "./${name}.ts";`,
  );
  return `// Written by tools/gen.mjs; do not edit.

import type { Kind } from "../kind.ts";
${imports.join("\n")}

export const kinds: readonly Kind[] = [
${names.map((name) => `  ${identifier(name)},`).join("\n")}
];
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { path, text } of lists()) {
    if (!existsSync(path) || readFileSync(path, "utf8") !== text) writeFileSync(path, text);
  }
}
