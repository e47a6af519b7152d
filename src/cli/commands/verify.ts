import { exit } from "../../core/errors.ts";
import { defineCommand } from "../command.ts";

export const command = defineCommand({
  name: "verify",
  summary: "the catalog and the files against what the journal says",
  examples: ["belay verify", "belay verify --json"],
  async run({ settings, output, json }) {
    const { verify } = await import("../../app/verify.ts");
    const result = await verify(settings);
    if (json) output.document(result);
    for (const finding of result.findings) output.line(`${output.paint.red("✗")} ${finding}`);
    if (result.verified) output.line(output.paint.green("The database is as the journal says."));
    return result.verified ? exit.done : exit.no;
  },
});
