import { BelayError, exit, untouched } from "../../core/errors.ts";
import { type Context, defineCommand } from "../command.ts";
import { driftOption, text } from "../options.ts";

export const command = defineCommand({
  name: "archive",
  summary: "what finalize --archive wrote: check it, or load it into tables",
  args: [
    { name: "<action>", summary: "check or load" },
    { name: "<dir>", summary: "an archive, or a folder of archives" },
  ],
  options: [
    { flags: "--schema <name>", summary: "where load makes its tables (default: archive_VERSION)" },
    driftOption,
  ],
  examples: ["belay archive check archive", "belay archive load archive/0042-1a2b3c4d"],
  async run(context, { args: [action, dir = ""], flags }) {
    if (action === "check") return check(context, dir);
    if (action !== "load") {
      throw new BelayError("BELAY_USAGE", `"${action}" is nothing that can be done to an archive`, {
        state: untouched,
        hint: "belay archive check DIR, or belay archive load DIR.",
      });
    }
    const { loadArchives } = await import("../../app/archive.ts");
    const schema = text(flags.schema);
    const result = await loadArchives(context.settings, dir, {
      ...(schema === undefined ? {} : { schema }),
      allowDrift: flags.allowDrift === true,
    });
    const { count, renderRun } = await import("../render/run.ts");
    for (const { table, object, rows, asText } of result.loaded) {
      const text = asText.length > 0 ? `; as text, because their types are gone: ${asText}` : "";
      context.output.line(`✓ ${object}: ${count(rows, "row")} in ${table}${text}`);
    }
    return renderRun(context, result, `${count(result.loaded.length, "table")} loaded`);
  },
});

async function check({ settings, output, json }: Context, dir: string): Promise<number> {
  const { checkArchives } = await import("../../app/archive.ts");
  const result = await checkArchives(settings, dir);
  if (json) output.document(result);
  for (const { dir: where, version, name, tables, rows, damage } of result.archives) {
    const state = damage.length === 0 ? output.paint.green("whole") : output.paint.red("damaged");
    output.line(`${state}  ${version} ${name}  ${tables} tables, ${rows} rows  ${where}`);
    for (const line of damage) output.line(`  ${line}`);
  }
  return result.whole ? exit.done : exit.no;
}
