import { defineCommand } from "../command.ts";

export const command = defineCommand({
  name: "init",
  summary: "config, migrations folder and journal; adopt another tool's history",
  options: [{ flags: "--no-adopt", summary: "leave the other tool's history alone" }],
  examples: ["belay init", "belay init --dir db/migrations"],
  async run(context, { flags }) {
    const { init } = await import("../../app/init.ts");
    const result = await init(context.settings, { adopt: flags.adopt !== false });
    const { output } = context;
    for (const path of result.written) output.line(`wrote ${path}`);
    if (result.format !== null) output.line(`${result.dir} is a ${result.format} folder`);
    if (result.adopted.length > 0) {
      output.line(
        `adopted ${result.adopted.length} migrations that ${result.format} applied, up to ${result.adopted.at(-1)}`,
      );
    }
    for (const note of result.notes) output.aside(output.paint.dim(note));
    const { renderRun } = await import("../render/run.ts");
    return renderRun(context, result, "Ready");
  },
});
