import { defineCommand } from "../command.ts";

export const command = defineCommand({
  name: "watch",
  summary: "go on with a watch of up --watch that nobody minds any more, or finish its rollback",
  examples: ["belay watch", "belay watch --json"],
  async run({ settings, output, json }) {
    const { watch } = await import("../../app/watch/watch.ts");
    const { statusOf, watchLines } = await import("../render/watch.ts");
    const result = await watch(settings);
    if (json) output.document(result);
    watchLines(output, result);
    return statusOf(result);
  },
});
