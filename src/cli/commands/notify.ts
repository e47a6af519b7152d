import { BelayError, exit, untouched } from "../../core/errors.ts";
import { type Context, defineCommand } from "../command.ts";
import { duration, text } from "../options.ts";

export const command = defineCommand({
  name: "notify",
  summary: "channels that are told what the guard does: try them, see what is to be sent, send it",
  args: [{ name: "<action>", summary: "test, queue or send" }],
  options: [{ flags: "--for <time>", summary: "how long send goes on trying (default 1m)" }],
  examples: [
    "belay notify test            # a test message to each; exit 1 where one does not take it",
    "belay notify queue --json    # what is still to be sent; exit 1 where something is",
    "belay notify send --for 10m",
  ],
  async run(context, { args: [action = ""], flags }) {
    const { queuedNotices, sendNotices } = await import("../../app/notify.ts");
    if (action === "test") return test(context);
    if (action === "queue") return left(context, await queuedNotices(context.settings));
    if (action !== "send") {
      throw new BelayError("BELAY_USAGE", `"${action}" is nothing that can be done to channels`, {
        state: untouched,
        hint: "belay notify test, belay notify queue, or belay notify send.",
      });
    }
    const forMs = duration(text(flags.for) ?? "1m", "--for");
    return left(context, await sendNotices(context.settings, { forMs }));
  },
});

async function test({ settings, output, json }: Context): Promise<number> {
  const { testChannels } = await import("../../app/notify.ts");
  const result = await testChannels(settings);
  if (json) output.document(result);
  for (const { channel, kind, sent, why } of result.channels) {
    const mark = sent ? output.paint.green("sent") : output.paint.red("not sent");
    output.line(`${mark}  ${channel} (${kind})${why === null ? "" : `: ${why}`}`);
  }
  return result.sent ? exit.done : exit.no;
}

type Queued = Awaited<ReturnType<typeof import("../../app/notify.ts")["queuedNotices"]>>;

function left({ output, json }: Context, result: Queued): number {
  if (json) output.document(result);
  for (const { channel, configured, notices } of result.channels) {
    output.line(`${channel}${configured ? "" : " (not in this configuration)"}`);
    for (const { at, title } of notices) output.line(`  ${at}  ${title}`);
  }
  if (result.channels.length === 0) output.line("Nothing is to be sent.");
  return result.channels.length === 0 ? exit.done : exit.no;
}
