import { defineCommand } from "../command.ts";
import { driftOption, lossOption, policyOptions, text } from "../options.ts";

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
    lossOption,
    driftOption,
    ...policyOptions,
  ],
  examples: ["belay up", "belay up --to 0042 --dry-run", "belay up --json"],
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
    const result = await up(settings, {
      ...(to === undefined ? {} : { to }),
      ...(flags.requireProof ? { requireProof: true } : {}),
      acceptLoss: flags.acceptLoss === true,
      allowDrift: flags.allowDrift === true,
      allowMissing: flags.allowMissing === true,
      allowChanged: flags.allowChanged === true,
      allowOutOfOrder: flags.allowOutOfOrder === true,
    });
    const { count, renderRun } = await import("../render/run.ts");
    const { lossLines } = await import("../render/losses.ts");
    for (const note of result.notes) context.output.aside(context.output.paint.dim(note));
    lossLines(result.applied, context.output);
    const done = result.applied.length;
    const isIdle = done === 0 && result.error === undefined;
    return renderRun(
      context,
      result,
      isIdle ? "Nothing pending" : `${count(done, "migration")} applied`,
    );
  },
});
