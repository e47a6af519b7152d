// Owns: reading files that may not be there.

import { readFileSync } from "node:fs";

/** The text, or an empty one when the file is absent or not readable. */
export function readIfAny(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
