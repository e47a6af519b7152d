// Owns: completion scripts, made from the command data.

import { BelayError } from "../core/errors.ts";
import type { Command } from "./command.ts";
import { globalOptions } from "./global-options.ts";

const longFlag = /--[a-z-]+/;

function flagsOf(options: Command["options"]): string[] {
  return (options ?? []).flatMap(({ flags }) => longFlag.exec(flags)?.[0] ?? []);
}

/** Throws BELAY_USAGE for a shell that is not known. */
export function completionScript(shell: string, commands: readonly Command[]): string {
  const shared = flagsOf(globalOptions);
  switch (shell) {
    case "bash":
      return bash(commands, shared);
    case "zsh":
      return `autoload -U +X bashcompinit && bashcompinit\n${bash(commands, shared)}`;
    case "fish":
      return fish(commands, shared);
    default:
      throw new BelayError("BELAY_USAGE", `No completion for "${shell}"`, {
        hint: "Known shells: bash, zsh, fish.",
      });
  }
}

function bash(commands: readonly Command[], shared: readonly string[]): string {
  const names = commands.flatMap(({ name, aliases }) => [name, ...(aliases ?? [])]);
  const cases = commands.map(({ name, aliases, options }) => {
    const words = [...flagsOf(options), ...shared].join(" ");
    return `    ${[name, ...(aliases ?? [])].join("|")}) words="${words}" ;;`;
  });
  return `_belay() {
  local words
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
    *) words="${[...names, ...shared].join(" ")}" ;;
  esac
  [ "$COMP_CWORD" -eq 1 ] && words="${names.join(" ")}"
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _belay belay`;
}

function fish(commands: readonly Command[], shared: readonly string[]): string {
  const lines = commands.flatMap(({ name, summary, options }) => [
    `complete -c belay -n __fish_use_subcommand -a ${name} -d '${summary.replaceAll("'", "\\'")}'`,
    ...flagsOf(options).map(
      (flag) => `complete -c belay -n '__fish_seen_subcommand_from ${name}' -l ${flag.slice(2)}`,
    ),
  ]);
  return [...lines, ...shared.map((flag) => `complete -c belay -l ${flag.slice(2)}`)].join("\n");
}
