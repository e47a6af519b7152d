// Owns: a channel of Slack, by an incoming webhook. Slack knows no id of a message, so one whose answer was
// lost is seen twice.

import { defineChannel } from "../channel.ts";
import { clipped, type Notice } from "../notice.ts";
import { httpUrl, post } from "../post.ts";
import { fromEnvironment } from "../secret.ts";

/** Characters that Slack takes in a header block, and in the text of a section. */
const [headerLength, sectionLength] = [150, 3_000];

const marks: Record<Notice["severity"], string> = {
  info: ":information_source:",
  warning: ":warning:",
  critical: ":rotating_light:",
};

export const kind = defineChannel({
  kind: "slack",
  summary: "an incoming webhook of Slack",
  options: { url: fromEnvironment },
  open({ url }) {
    const target = httpUrl(url);
    return (notice, abort) => post({ url: target, body: message(notice), abort });
  },
});

function message({ title, facts, next, severity, database, at, watch }: Notice) {
  const lines = [...facts, ...(next === undefined ? [] : [["Next", next] as const])];
  const body = lines.map(([label, text]) => `*${escaped(label)}*: ${escaped(text)}`).join("\n");
  const header = `${marks[severity]} ${title}`;
  const context = `${database} | ${at} | ${watch}`;
  return {
    // What a notification shows, and a screen reader reads.
    text: clipped(escaped(`${title} (${database})`), sectionLength),
    blocks: [
      {
        type: "header",
        text: { type: "plain_text", emoji: true, text: clipped(header, headerLength) },
      },
      // A header is cut short, so a long title is said in full once more.
      ...(header.length > headerLength ? [section(escaped(title))] : []),
      ...(body === "" ? [] : [section(body)]),
      { type: "context", elements: [{ type: "mrkdwn", text: escaped(context) }] },
    ],
  };
}

function section(text: string) {
  return { type: "section", text: { type: "mrkdwn", text: clipped(text, sectionLength) } };
}

/** The three characters that mean something to Slack. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
