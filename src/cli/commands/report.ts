import { exit } from "../../core/errors.ts";
import { defineCommand } from "../command.ts";

export const command = defineCommand({
  name: "report",
  summary: "what the guard has done, when, and on what grounds, as Markdown",
  options: [
    { flags: "--all", summary: "all incidents (default: the last one)" },
    { flags: "--html <file>", summary: "write a page with charts instead" },
  ],
  examples: [
    "belay report > incident.md",
    "belay report --html incident.html",
    "belay report --all --json",
  ],
  async run({ settings, output, json }, { flags }) {
    const { report } = await import("../../app/report.ts");
    const { incidentMarkdown } = await import("../render/incident.ts");
    const { incidents } = await report(settings);
    const wanted = flags.all ? incidents : incidents.slice(-1);
    if (json) output.document({ incidents: wanted });
    if (typeof flags.html === "string") {
      const { writeFile } = await import("node:fs/promises");
      const { incidentsAsHtml } = await import("../render/incident-html.ts");
      await writeFile(flags.html, incidentsAsHtml(wanted));
      output.line(`Written: ${flags.html}`);
      return exit.done;
    }
    if (wanted.length === 0) output.line("There was no incident.");
    for (const [index, incident] of wanted.entries()) {
      if (index > 0) output.line();
      for (const line of incidentMarkdown(incident)) output.line(line);
    }
    return exit.done;
  },
});
