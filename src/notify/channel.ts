// Owns: the shape of a channel. One kind of channel = one file in `channels/`, listed in
// `channels/all.ts`. A channel makes one attempt; order, retries and what is kept are the sender's.

import { z } from "zod";
import { type Notice, type NoticeType, noticeType, noticeTypes } from "./notice.ts";

/** Makes one attempt; resolves once the receiver has it. What else it throws may be tried again. */
export type Send = (notice: Notice, abort: AbortSignal) => Promise<void>;

/** The receiver has answered, and did not take it. */
export class Refused extends Error {
  /** The same again would be refused again. */
  readonly isFinal: boolean;
  /** Milliseconds that the receiver asks us to wait. */
  readonly waitMs: number | undefined;

  constructor(message: string, { isFinal, waitMs }: { isFinal: boolean; waitMs?: number }) {
    super(message);
    this.isFinal = isFinal;
    this.waitMs = waitMs;
  }
}

export interface ChannelKind {
  kind: string;
  /** One line for `docs/notifications.md`. */
  summary: string;
  /** What it has a form for, where the configuration does not choose. */
  usual: readonly NoticeType[];
  /** What an entry of `notify` may say, `kind` included. */
  schema: z.ZodObject;
  /** `options`: with secrets in place of their names. May load a library. Throws where they are no good. */
  open(options: unknown): Promise<Send>;
}

/** Options of every channel. */
const commonOptions = {
  /** Only these types; default: all that it has a form for. */
  only: z.array(noticeType).nonempty().optional(),
  /** Milliseconds for one attempt. */
  timeoutMs: z.number().int().positive().default(10_000),
};

type CommonOptions = z.infer<z.ZodObject<typeof commonOptions>>;

interface Definition<Shape extends z.ZodRawShape> {
  kind: string;
  summary: string;
  /** Default: all. */
  usual?: readonly NoticeType[];
  options: Shape;
  open(options: z.infer<z.ZodObject<Shape>> & CommonOptions): Send | Promise<Send>;
}

export function defineChannel<Shape extends z.ZodRawShape>({
  kind,
  summary,
  usual = noticeTypes,
  options,
  open,
}: Definition<Shape>): ChannelKind {
  return {
    ...{ kind, summary, usual },
    schema: z.strictObject({ kind: z.literal(kind), ...options, ...commonOptions }),
    open: async (given) => open(given as z.infer<z.ZodObject<Shape>> & CommonOptions),
  };
}
