import { defineCommand } from "../command.ts";

export const command = defineCommand({
  name: "recover",
  summary: "after a crash: finish or undo, by the journal",
  options: [
    {
      flags: "--accept-loss",
      summary: "give a halfway migration up: take back what can be, leave the rest",
    },
  ],
  examples: ["belay recover"],
  async run(context, { flags }) {
    const { recover } = await import("../../app/recover.ts");
    const result = await recover(context.settings, { giveUp: flags.acceptLoss === true });
    const { renderRun } = await import("../render/run.ts");
    const headline = result.recovered.length === 0 ? "Nothing was interrupted" : "Recovered";
    return renderRun(context, result, headline);
  },
});
