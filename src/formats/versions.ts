// Owns: the order of versions, and what a new migration is called. Text only.

import { BelayError, untouched } from "../core/errors.ts";

/** By code point. JavaScript's own order is by UTF-16 unit, which differs above U+FFFF. */
export function compareText(left: string, right: string): number {
  return left === right ? 0 : Buffer.compare(Buffer.from(left), Buffer.from(right));
}

/** By value, for digits of any length: versions pass 2^53 (nanoseconds, 17-digit stamps). */
export function compareDigits(left: string, right: string): number {
  const [a, b] = [left.replace(/^0+(?=\d)/, ""), right.replace(/^0+(?=\d)/, "")];
  return a.length - b.length || compareText(a, b);
}

/** `YYYYMMDDHHMMSS`, UTC: what most tools begin with. */
const stampLength = 14;
const calendarDate = /^(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])/;

/**
 * The version after all of `versions` (digits), in the spelling of the last of them: a calendar
 * stamp or Unix time of its length, else its successor with its leading zeros. Never one that is
 * not later than the last, should a clock be behind. A folder without versions gets `first`, or a
 * stamp.
 */
export function nextVersion(versions: readonly string[], now: Date, first?: string): string {
  const last = versions.toSorted(compareDigits).at(-1);
  if (last === undefined) return first ?? clock("0".repeat(stampLength), now) ?? "";
  const next = String(BigInt(last) + 1n).padStart(last.length, "0");
  const time = clock(last, now);
  return time !== undefined && compareDigits(time, next) > 0 ? time : next;
}

/** `now` in the way that `like` tells time; undefined when `like` is a plain number. */
function clock(like: string, now: Date): string | undefined {
  const calendar = now.toISOString().replace(/\D/g, "");
  const unixMs = String(now.getTime());
  switch (like.length) {
    case 8:
    case 12:
      return calendarDate.test(like) ? calendar.slice(0, like.length) : undefined;
    case 10:
      return calendarDate.test(like) ? calendar.slice(0, 10) : unixMs.slice(0, -3);
    case 13:
      return unixMs;
    case stampLength:
    case 17:
      return calendar.slice(0, like.length);
    case 19:
      return `${unixMs}000000`;
    default:
      return undefined;
  }
}

/** File systems allow 255 bytes a name; this leaves room for the version and 4-byte letters. */
const slugLengthMax = 50;

/** A title as the middle of a file name: `Add users' e-mail` -> `add_users_e_mail`. */
export function slug(title: string): string {
  const words = title
    .normalize("NFC")
    .replace(/(\p{Ll}|\p{N})(?=\p{Lu})/gu, "$1_")
    .toLowerCase()
    .match(/[\p{L}\p{M}\p{N}]+/gu);
  if (words === null) {
    throw new BelayError("BELAY_USAGE", `"${title}" has no letter or digit to name a file by`, {
      state: untouched,
      hint: "Give a name such as add_users_email.",
    });
  }
  return [...words.join("_")].slice(0, slugLengthMax).join("").replace(/_$/, "");
}
