// Owns: the shape of a command. One command = one file in `commands/`. Data first, so that help,
// completion and docs come from one source and the parser stays replaceable.

import type { Settings } from "../app/settings.ts";
import type { Output } from "./output.ts";

export interface Option {
  /** commander's notation: `--to <version>`, `--allow-drift`. */
  flags: string;
  summary: string;
  choices?: readonly string[];
}

/** Values by camel-cased long flag; absent flags are undefined. */
export type Flags = Record<string, string | boolean | undefined>;

export interface Input {
  /** Positional arguments in order. */
  args: (string | undefined)[];
  flags: Flags;
}

export interface Context {
  settings: Settings;
  output: Output;
  /** Global `--json`. */
  json: boolean;
  /** Global `--yes`. */
  yes: boolean;
  /** All there are. */
  commands: readonly Command[];
  /** Runs another command line in this process, e.g. `["up", "--json"]`. */
  belay(argv: string[]): Promise<number>;
}

export interface Command {
  name: string;
  aliases?: readonly string[];
  summary: string;
  /** commander's notation: `[version]`, `<name>`. */
  args?: readonly { name: string; summary: string }[];
  options?: readonly Option[];
  examples: readonly string[];
  /** Said at the first Ctrl-C; absent: that what runs is being cancelled. */
  farewell?: string;
  /** Returns the exit status. Loads what it needs by import(), so that `--help` stays quick. */
  run(context: Context, input: Input): Promise<number>;
}

export function defineCommand(command: Command): Command {
  return command;
}
