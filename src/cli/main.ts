// Owns: from the command line's words to a command's exit status. Never throws.

import { resolve } from "node:path";
import { CommanderError, Command as Parser, Option as ParserOption } from "commander";
import type { Settings } from "../app/settings.ts";
import { BelayError, exit, messageOf } from "../core/errors.ts";
import { commands } from "./all.ts";
import type { Command, Context, Flags, Option } from "./command.ts";
import { globalOptions } from "./global-options.ts";
import { duration, text } from "./options.ts";
import { createOutput, type Output } from "./output.ts";
import { openQuestion, type Question } from "./question.ts";

/** A reader that has left (`belay up | head`) must not end a migration halfway. */
function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
    });
  }
}

export async function main(argv: readonly string[]): Promise<number> {
  outliveReaders();
  let status: number = exit.done;
  const parser = new Parser("belay")
    .description("The rope for database migrations.")
    .exitOverride()
    .showHelpAfterError("(belay --help lists the commands)")
    .option("--version", "print the version");
  addOptions(parser, globalOptions);
  for (const command of commands) {
    addCommand(parser, command, async (args, flags) => {
      status = await runCommand(command, args, flags);
    });
  }
  try {
    if (argv[0] === "--version") {
      const { programVersion } = await import("../app/program.ts");
      process.stdout.write(`${programVersion}\n`);
    } else if (argv.length === 0) parser.outputHelp();
    else await parser.parseAsync([...argv], { from: "user" });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exit.done : exit.usage;
    throw error;
  }
}

function addOptions(parser: Parser, options: readonly Option[]): void {
  for (const { flags, summary, choices } of options) {
    const option = new ParserOption(flags, summary);
    parser.addOption(choices === undefined ? option : option.choices(choices));
  }
}

function addCommand(
  parser: Parser,
  command: Command,
  run: (args: (string | undefined)[], flags: Flags) => Promise<void>,
): void {
  const sub = parser.command(command.name).summary(command.summary).description(command.summary);
  sub.aliases([...(command.aliases ?? [])]);
  for (const { name, summary } of command.args ?? []) sub.argument(name, summary);
  addOptions(sub, command.options ?? []);
  // Global options are accepted on either side of the command's name.
  addOptions(sub, globalOptions);
  sub.addHelpText(
    "after",
    `\nExamples:\n${command.examples.map((each) => `  ${each}`).join("\n")}`,
  );
  sub.action(async (...input: unknown[]) => {
    const args = input.slice(0, command.args?.length ?? 0) as (string | undefined)[];
    await run(args, { ...parser.opts<Flags>(), ...sub.opts<Flags>() });
  });
}

const leaving = "Leaving the watch: belay watch goes on with it.";
const cancelling = "Cancelling; once more to leave at once (then run belay recover).";

interface Interruptible {
  question: Question;
  interrupt: AbortController;
  output: Output;
  farewell(): string;
}

/** A demo runs other commands; what comes from outside is for the last one. */
const running: Interruptible[] = [];

function interrupted(own: Interruptible, signal: NodeJS.Signals): void {
  if (running.at(-1) !== own) return;
  const { question, interrupt, output, farewell } = own;
  if (interrupt.signal.aborted) {
    output.close();
    process.exit(exit.interrupted);
  }
  if (signal === "SIGINT" && output.hasView && question.ask()) return;
  output.aside(farewell());
  for (const each of running) each.interrupt.abort();
}

async function runCommand(command: Command, args: (string | undefined)[], flags: Flags) {
  const json = flags.json === true;
  const color = flags.color !== false && process.env.NO_COLOR === undefined && process.stdout.isTTY;
  const { TERM: term, CI: ci } = process.env;
  const output = createOutput(process, { json, color, term, ci });
  const interrupt = new AbortController();
  const question = openQuestion(process.stdin, output.aside);
  const farewell = () => command.farewell ?? (question.isOpen ? leaving : cancelling);
  const own: Interruptible = { question, interrupt, output, farewell };
  const onSignal = (signal: NodeJS.Signals) => interrupted(own, signal);
  running.push(own);
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  try {
    const read = await readSettings(flags, output, interrupt.signal);
    const settings = { ...read, leaving: question };
    const context: Context = {
      settings,
      output,
      json,
      yes: flags.yes === true,
      commands,
      belay: main,
    };
    return await command.run(context, { args, flags });
  } catch (thrown) {
    const error = thrown instanceof BelayError ? thrown : internal(thrown);
    const { renderError } = await import("./render/error.ts");
    if (json)
      output.document({ outcome: error.exit === exit.refused ? "refused" : "failed", error });
    renderError(error, output);
    return error.exit;
  } finally {
    output.close();
    running.pop();
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  }
}

/** Flags over environment over configuration file over defaults. */
async function readSettings(flags: Flags, output: Output, signal: AbortSignal): Promise<Settings> {
  const projectDir = resolve(text(flags.project) ?? ".");
  const { readConfig } = await import("../app/config.ts");
  const { defaultLimits } = await import("../engine/run.ts");
  const { environmentFromProcess } = await import("./crash.ts");
  const { eventLines } = await import("./render/events.ts");
  const { liveView } = await import("./live/live-view.ts");
  const environment = environmentFromProcess();
  const config = await readConfig(projectDir);
  const databaseUrl = text(flags.databaseUrl) ?? process.env.DATABASE_URL ?? config.databaseUrl;
  const format = text(flags.format) ?? config.format;
  const limit = (flag: string, key: string, configured: number | undefined, usual: number) => {
    const given = text(flags[key]);
    return given === undefined ? (configured ?? usual) : duration(given, flag);
  };
  return {
    ...(databaseUrl === undefined || databaseUrl === "" ? {} : { databaseUrl }),
    dir: text(flags.dir) ?? config.dir ?? "migrations",
    ...(format === undefined ? {} : { format }),
    ...(config.requireProof === undefined ? {} : { requireProof: config.requireProof }),
    ...(config.undoWindowMs === undefined ? {} : { undoWindowMs: config.undoWindowMs }),
    ...(config.onlineAboveBytes === undefined ? {} : { onlineAboveBytes: config.onlineAboveBytes }),
    ...(config.guard === undefined ? {} : { guard: config.guard }),
    ...(config.notify === undefined ? {} : { notify: config.notify }),
    secret: (name) => process.env[name],
    ...{ projectDir, signal, environment },
    report: liveView(output, environment, eventLines(output)),
    limits: {
      lockTimeoutMs: limit(
        "--lock-timeout",
        "lockTimeout",
        config.lockTimeoutMs,
        defaultLimits.lockTimeoutMs,
      ),
      lockBudgetMs: limit(
        "--lock-budget",
        "lockBudget",
        config.lockBudgetMs,
        defaultLimits.lockBudgetMs,
      ),
      statementTimeoutMs: limit(
        "--statement-timeout",
        "statementTimeout",
        config.statementTimeoutMs,
        defaultLimits.statementTimeoutMs,
      ),
    },
  };
}

function internal(thrown: unknown): BelayError {
  return new BelayError("BELAY_INTERNAL", `This is a defect of Belay: ${messageOf(thrown)}`, {
    state: "Unknown; belay status and belay verify tell.",
    hint: "Please report it with the stack below.",
    details: { stack: thrown instanceof Error ? thrown.stack : String(thrown) },
    cause: thrown,
  });
}
