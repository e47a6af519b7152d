import { defineCommand } from "../command.ts";

export const command = defineCommand({
  name: "completion",
  summary: "print a completion script",
  args: [{ name: "<shell>", summary: "bash, zsh or fish" }],
  examples: ["source <(belay completion bash)"],
  async run({ output, json, commands }, { args }) {
    const { completionScript } = await import("../completion.ts");
    const script = completionScript(args[0] ?? "", commands);
    if (json) output.document({ script });
    else output.line(script);
    return 0;
  },
});
