// Owns: e-mail, by a server that takes it over SMTP. `Message-ID` is the same at every attempt, and mail of
// one watch is a thread.

import { z } from "zod";
import { defineChannel, Refused } from "../channel.ts";
import { clipped, linesOf, type Notice } from "../notice.ts";
import { fromEnvironment } from "../secret.ts";

/** The port on which TLS comes before anything else. */
const tlsPort = 465;

/** Characters of a subject that people can still read in a list. */
const subjectLength = 200;

const mailbox = z.string().min(3);

export const kind = defineChannel({
  kind: "email",
  summary: "e-mail by an SMTP server",
  options: {
    host: z.string().min(1),
    port: z.number().int().min(1).max(65_535).default(587),
    user: z.string().optional(),
    password: fromEnvironment.optional(),
    from: mailbox,
    to: z.union([mailbox, z.array(mailbox).nonempty()]),
    /** `required`: also with no password, which is never sent in the clear unless this says `optional`. */
    tls: z.enum(["required", "optional"]).optional(),
  },
  async open({ host, port, user, password, from, to, tls, timeoutMs }) {
    // Here, and not at the first message: loading it would hold an incident up.
    const { createTransport } = await import("nodemailer");
    const transport = createTransport({
      ...{ host, port, secure: port === tlsPort },
      requireTLS: port !== tlsPort && (tls === "required" || (tls === undefined && !!password)),
      ...(user !== undefined && password !== undefined && { auth: { user, pass: password } }),
      ...{ connectionTimeout: timeoutMs, greetingTimeout: timeoutMs, socketTimeout: timeoutMs },
      ...{ dnsTimeout: timeoutMs, socketCloseTimeout: 0 },
      // Nothing of a notice names a file or an address to be read.
      ...{ disableFileAccess: true, disableUrlAccess: true },
    });
    return async (notice, signal) => {
      try {
        await transport.sendMail({ from, to, ...mail(notice), signal });
      } catch (error) {
        throw refusal(error);
      }
    };
  },
});

function mail(notice: Notice) {
  const { id, at, title, database, severity, watch, type } = notice;
  const thread = `<${watch}@watch.belaydb>`;
  return {
    messageId: `<${id}@notice.belaydb>`,
    date: new Date(at),
    ...{ inReplyTo: thread, references: [thread] },
    subject: clipped(`[Belay ${severity}] ${title}`, subjectLength),
    text: `${title}\n\n${[...linesOf(notice), `At: ${at}`, `Watch: ${watch}`].join("\n")}\n`,
    headers: {
      ...{ "Auto-Submitted": "auto-generated", "X-Belay-Notice": type },
      "X-Belay-Database": database,
    },
    ...(severity === "critical" && { priority: "high" as const }),
  };
}

/** What the server has said; anything else is as it came. */
function refusal(error: unknown): unknown {
  if (!(error instanceof Error) || !("permanent" in error)) return error;
  return new Refused(error.message, { isFinal: error.permanent === true });
}
