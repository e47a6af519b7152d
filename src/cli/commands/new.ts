import { defineCommand } from "../command.ts";

export const command = defineCommand({
  name: "new",
  summary: "a new migration in the folder's own format",
  args: [{ name: "<name>", summary: "what it does, e.g. add_email_to_users" }],
  examples: ["belay new add_email_to_users"],
  async run({ settings, output, json }, { args }) {
    const { create } = await import("../../app/new.ts");
    const result = await create(settings, args[0] ?? "");
    if (json) output.document(result);
    for (const path of result.written) output.line(path);
    return 0;
  },
});
