// Owns: options that several commands share, and reading values of flags.

import { BelayError, untouched } from "../core/errors.ts";
import { type ConflictPolicy, conflictPolicies } from "../core/plan.ts";
import type { Flags, Option } from "./command.ts";

export const driftOption: Option = {
  flags: "--allow-drift",
  summary: "go on although the catalog is not as Belay left it",
};

export const policyOptions: readonly Option[] = [
  { flags: "--allow-changed", summary: "go on although an applied migration's file has changed" },
  { flags: "--allow-missing", summary: "go on although an applied migration's file is gone" },
  { flags: "--allow-out-of-order", summary: "apply what is older than the last applied" },
];

export const lossOption: Option = {
  flags: "--accept-loss",
  summary: "go on although this destroys what is named",
};

export const backOptions: readonly Option[] = [
  { flags: "--to <version>", summary: "take back all after this version (0: all)" },
  { flags: "--only <version>", summary: "this one, or nothing where others came after it" },
  {
    flags: "--using <way>",
    summary: "the planned inverse, the file's own down, or the first of them that loses nothing",
    choices: ["auto", "planned", "file"],
  },
  {
    flags: "--on-conflict <policy>",
    summary: "what becomes of rows that were written since the migration wrote them (keep-newer)",
    choices: conflictPolicies,
  },
  lossOption,
  driftOption,
];

export function policyOf(flags: Flags): ConflictPolicy | undefined {
  return conflictPolicies.find((policy) => policy === flags.onConflict);
}

export function text(value: Flags[string]): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** `N`, `--to` and `--only` as the use cases take them. */
export function targetOf(argument: string | undefined, flags: Flags) {
  const to = text(flags.to);
  if (to !== undefined) return { to };
  const only = text(flags.only);
  if (only !== undefined) return { only };
  const count = argument === undefined ? 1 : Number(argument);
  if (!Number.isInteger(count) || count < 1) {
    throw new BelayError("BELAY_USAGE", `"${argument}" is not a number of migrations`, {
      state: untouched,
      hint: "belay down 2 takes back the last two; --to names a version.",
    });
  }
  return { count };
}

export function usingOf(flags: Flags): "auto" | "planned" | "file" {
  const using = text(flags.using);
  return using === "planned" || using === "file" ? using : "auto";
}

/** A whole number, not negative. */
export function number(value: string, flag: string): number {
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw new BelayError("BELAY_USAGE", `${flag} ${value} is not a whole number`, {
    state: untouched,
    hint: `Write ${flag} 8.`,
  });
}

/** `500`, `500ms`, `2s`, `1m`, `1h` -> milliseconds. */
export function duration(value: string, flag: string): number {
  const match = /^(\d+)(ms|s|m|h)?$/.exec(value);
  if (match === null) {
    throw new BelayError("BELAY_USAGE", `${flag} ${value} is not a duration`, {
      state: untouched,
      hint: "Write 500ms, 2s, 1m or 1h.",
    });
  }
  const unit = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }[match[2] ?? "ms"] ?? 1;
  return Number(match[1]) * unit;
}
