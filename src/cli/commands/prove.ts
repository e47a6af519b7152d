import { exit } from "../../core/errors.ts";
import { defineCommand } from "../command.ts";
import { number, text } from "../options.ts";

export const command = defineCommand({
  name: "prove",
  summary: "rehearse migrations up, down and up again on scratch copies with rows",
  args: [{ name: "[version]", summary: "only this one (default: what is pending)" }],
  options: [
    { flags: "--all", summary: "the whole history, from an empty database" },
    {
      flags: "--using <way>",
      summary: "rehearse only the planned inverse, or only the file's own down",
      choices: ["both", "planned", "file"],
    },
    { flags: "--rows <n>", summary: "made-up rows per table (default 8)" },
    { flags: "--seed <n>", summary: "other rows (default 1)" },
    { flags: "--crash", summary: "also die at every crash point of up, down, redo and recover" },
    { flags: "--crash-budget <n>", summary: "deaths per migration at most (default 500)" },
    {
      flags: "--write-down",
      summary:
        "write Belay's inverse for review beside a down that is worse (NAME.down.sql.proposed)",
    },
    { flags: "--report <file>", summary: "also write an HTML report" },
    { flags: "--no-write", summary: "write no proof files beside the migrations" },
    { flags: "--scratch-url <url>", summary: "a server for the copies (default: embedded)" },
    { flags: "--jobs <n>", summary: "rehearsals at a time (default: one per processor)" },
  ],
  examples: ["belay prove", "belay prove 0042 --using file", "belay prove --all --json"],
  async run(context, { args, flags }) {
    const { prove } = await import("../../app/prove.ts");
    const { proofLine, renderProofs } = await import("../render/prove.ts");
    const { output, json } = context;
    const using = text(flags.using);
    const scratchUrl = text(flags.scratchUrl);
    const jobs = text(flags.jobs);
    const result = await prove(context.settings, {
      ...(args[0] === undefined ? {} : { versions: [args[0]] }),
      all: flags.all === true,
      using: using === "planned" || using === "file" ? using : "both",
      seed: number(text(flags.seed) ?? "1", "--seed"),
      rows: number(text(flags.rows) ?? "8", "--rows"),
      write: flags.write !== false,
      writeDown: flags.writeDown === true,
      ...(flags.crash
        ? { crashBudget: number(text(flags.crashBudget) ?? "500", "--crash-budget") }
        : {}),
      ...(scratchUrl === undefined ? {} : { scratchUrl }),
      ...(jobs === undefined ? {} : { parallel: Math.max(1, number(jobs, "--jobs")) }),
      onProof: (proof) => output.line(proofLine(proof, output)),
    });
    const report = text(flags.report);
    if (report !== undefined) {
      const { writeFile } = await import("node:fs/promises");
      const { proofsAsHtml } = await import("../render/prove-html.ts");
      await writeFile(report, proofsAsHtml(result));
    }
    if (json) output.document(result);
    else renderProofs(result, output);
    const isProved = result.summary.failed === 0 && result.stopped === undefined;
    return isProved ? exit.done : exit.no;
  },
});
