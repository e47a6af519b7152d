// Owns: how this room says no. Every refusal names a place in the user's files and a way out.

import { BelayError, type ErrorCode, untouched } from "../core/errors.ts";

/** The error for what a folder or file may not hold; `at` is `path:line`. */
export function refusal(
  code: ErrorCode,
  at: string,
  message: string,
  hint: string,
  details: Record<string, unknown> = {},
): BelayError {
  return new BelayError(code, message, { at, hint, state: untouched, details });
}
