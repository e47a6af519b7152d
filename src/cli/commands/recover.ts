import { defineCommand } from "../command.ts";

export const command = defineCommand({
  name: "recover",
  summary: "after a crash: finish or undo, by the journal",
  examples: ["belay recover"],
  async run(context) {
    const { recover } = await import("../../app/recover.ts");
    const result = await recover(context.settings);
    const { renderRun } = await import("../render/run.ts");
    const headline = result.recovered.length === 0 ? "Nothing was interrupted" : "Recovered";
    return renderRun(context, result, headline);
  },
});
