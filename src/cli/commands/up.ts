import { defineCommand } from "../command.ts";
import { driftOption, duration, lossOption, policyOptions, text } from "../options.ts";

export const command = defineCommand({
  name: "up",
  aliases: ["migrate", "deploy"],
  summary: "carry out pending migrations",
  options: [
    { flags: "--to <version>", summary: "last version to apply" },
    { flags: "--dry-run", summary: "show the plan and change nothing" },
    {
      flags: "--verbatim",
      summary: "run statements as written, and keep nothing of what they drop (accepts the loss)",
    },
    { flags: "--require-proof", summary: "refuse what has no fresh proof" },
    {
      flags: "--watch <time>",
      summary: "under the guard, and watched for so long afterwards; taken back if all is not well",
    },
    lossOption,
    driftOption,
    ...policyOptions,
  ],
  examples: ["belay up", "belay up --to 0042 --dry-run", "belay up --watch 10m", "belay up --json"],
  async run(context, { flags }) {
    const to = text(flags.to);
    const settings = { ...context.settings, ...(flags.verbatim ? { verbatim: true } : {}) };
    if (flags.dryRun) {
      const { planUpcoming } = await import("../../app/plan.ts");
      const plan = await planUpcoming(settings, to === undefined ? {} : { to });
      const { renderPlan } = await import("../render/plan.ts");
      if (context.json) context.output.document(plan);
      else renderPlan(plan, context.output);
      return 0;
    }
    const { up } = await import("../../app/up.ts");
    const options = {
      ...(to === undefined ? {} : { to }),
      ...(flags.requireProof ? { requireProof: true } : {}),
      acceptLoss: flags.acceptLoss === true,
      allowDrift: flags.allowDrift === true,
      allowMissing: flags.allowMissing === true,
      allowChanged: flags.allowChanged === true,
      allowOutOfOrder: flags.allowOutOfOrder === true,
    };
    const watch = text(flags.watch);
    if (watch !== undefined) {
      const { upWatched } = await import("../../app/watch/up-watched.ts");
      const { renderWatchedUp } = await import("../render/watch.ts");
      const watchMs = duration(watch, "--watch");
      return renderWatchedUp(context, await upWatched(settings, { ...options, watchMs }));
    }
    const result = await up(settings, options);
    const { renderUp } = await import("../render/up.ts");
    return renderUp(context, result);
  },
});
