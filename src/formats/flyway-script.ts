// Owns: what Flyway lets one say about a single script: settings in `<file>.conf` beside it, and
// placeholders in it. What Belay cannot follow is refused, since the script would run differently.
//
// Flyway replaces `${..}` everywhere, in strings and comments too, by values that are not in the
// folder. As in its `PlaceholderReplacingReader`, which reads two characters at a `$`, `$${` is no
// placeholder. One in the comments at the head of a file does no harm and passes.

import { posix } from "node:path";
import type { Tree } from "./format.ts";
import { refusal } from "./refusal.ts";
import { placeOf, statementsStart } from "./sections.ts";

/** The settings there are (`SqlScriptMetadata`), with the values that Belay can follow. */
const known: ReadonlyMap<string, RegExp> = new Map([
  ["encoding", /^utf-?8$/],
  ["executeInTransaction", /^(?:true|false)$/],
  ["placeholderReplacement", /^(?:true|false)$/],
  ["shouldExecute", /^true$/],
]);
const setting = /(?<=^|\n)[ \t]*([^\s#=]+)[ \t]*=[ \t]*([^\r\n]*)/g;

/** What `<file>.conf` sets, values in lower case. */
export function settingsOf(tree: Tree, file: string): ReadonlyMap<string, string> {
  const path = `${file}.conf`;
  const settings = new Map<string, string>();
  const text = tree.files.get(path) ?? "";
  for (const { index, 1: key = "", 2: value = "" } of text.matchAll(setting)) {
    settings.set(key, value.trim().toLowerCase());
    if (known.get(key)?.test(value.trim().toLowerCase())) continue;
    throw refusal(
      "BELAY_FILE_SECTION",
      placeOf(tree, path, index),
      `${path} sets ${key} to ${value.trim()}, which Belay cannot follow`,
      `It can follow ${[...known.keys()].join(", ")}, with encoding UTF-8 and shouldExecute true.`,
      { path, key },
    );
  }
  return settings;
}

export function refusePlaceholders(tree: Tree, path: string): void {
  const sql = tree.files.get(path) ?? "";
  const dollar = /\$(?:(\{[^}\n]*\}?)|[\s\S])/g;
  dollar.lastIndex = statementsStart(sql);
  for (let found = dollar.exec(sql); found !== null; found = dollar.exec(sql)) {
    if (found[1] === undefined) continue;
    throw refusal(
      "BELAY_FILE_SECTION",
      placeOf(tree, path, found.index),
      `${path} has the placeholder ${found[0]}, and its value is not in the folder`,
      `Write the value; if it is plain text, put placeholderReplacement=false in ${posix.basename(path)}.conf.`,
      { path, placeholder: found[0] },
    );
  }
}
