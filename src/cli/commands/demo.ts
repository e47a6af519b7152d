import { BelayError, exit, untouched } from "../../core/errors.ts";
import { defineCommand } from "../command.ts";
import { text } from "../options.ts";

export const command = defineCommand({
  name: "demo",
  summary: "the main job as a story, on the embedded PostgreSQL",
  options: [
    { flags: "--scenario <name>", summary: "which story (default shop)" },
    { flags: "--list", summary: "list the stories" },
  ],
  examples: ["belay demo", "belay demo --scenario dropped-index", "belay demo --list"],
  async run(context, { flags }) {
    const { scenarios } = await import("../demo/all.ts");
    const { output, json } = context;
    if (flags.list) {
      const list = scenarios.map(({ name, summary }) => ({ name, summary }));
      if (json) output.document({ scenarios: list });
      for (const { name, summary } of list) output.line(`${name}  ${summary}`);
      return exit.done;
    }
    const wanted = text(flags.scenario) ?? "shop";
    const scenario = scenarios.find(({ name }) => name === wanted);
    if (scenario === undefined) {
      throw new BelayError("BELAY_USAGE", `There is no scenario "${wanted}"`, {
        state: untouched,
        hint: `Known: ${scenarios.map(({ name }) => name).join(", ")}.`,
      });
    }
    const { playOnStage } = await import("../demo/scenario.ts");
    const startedAt = context.settings.environment.monotonic();
    await playOnStage(scenario, context);
    const seconds = (context.settings.environment.monotonic() - startedAt) / 1000;
    output.line();
    output.line(`The whole story took ${seconds.toFixed(1)} s. Yours: belay init`);
    return exit.done;
  },
});
