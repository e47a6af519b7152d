import { once } from "node:events";
import { BelayError, exit, untouched } from "../../core/errors.ts";
import { defineCommand } from "../command.ts";
import { number, text } from "../options.ts";

/** Any other will do. */
const usualPort = 9_876;

export const command = defineCommand({
  name: "serve",
  summary: "tell Prometheus and health checks how migrations, undo windows and watches stand",
  options: [
    { flags: "--metrics", summary: "serve /metrics (Prometheus) and /healthz until Ctrl-C" },
    { flags: "--host <address>", summary: "where to listen (default 127.0.0.1)" },
    { flags: "--port <number>", summary: `default ${usualPort}; 0: a free one` },
  ],
  examples: ["belay serve --metrics", "belay serve --metrics --host 0.0.0.0 --port 9100"],
  farewell: "Ending; once more to leave at once.",
  async run({ settings, output, json }, { flags }) {
    if (flags.metrics !== true) {
      throw new BelayError("BELAY_USAGE", "There is nothing to serve", {
        state: untouched,
        hint: "belay serve --metrics",
      });
    }
    const { openTarget } = await import("../../app/target.ts");
    const { openScraper } = await import("../../app/serve/scraper.ts");
    const { programVersion } = await import("../../app/program.ts");
    const { listen } = await import("../serve/server.ts");
    const host = text(flags.host) ?? "127.0.0.1";
    const port = number(text(flags.port) ?? String(usualPort), "--port");
    const { signal = new AbortController().signal } = settings;
    const target = await openTarget(settings);
    try {
      await using scraper = openScraper(settings, target);
      await using server = await listen(scraper, { host, port }, programVersion);
      const places = { metrics: `${server.url}/metrics`, healthz: `${server.url}/healthz` };
      if (json) output.document(places);
      output.line(`Metrics on ${places.metrics}, health on ${places.healthz}; Ctrl-C ends it.`);
      if (!signal.aborted) await once(signal, "abort");
    } finally {
      await target.close();
    }
    return exit.done;
  },
});
