// Owns: what people are told, as data. Channels say how it looks; `notices-of.ts` says what follows
// from which record of the journal.

import { z } from "zod";

export const noticeTypes = [
  "watch-started",
  "paged",
  "eased",
  "detected",
  "decided",
  "rolled-back",
  "verified",
  "closed",
  "watch-over",
  "test",
] as const;

export type NoticeType = (typeof noticeTypes)[number];

export const noticeType: z.ZodType<NoticeType> = z.enum(noticeTypes);

/** Something that is wrong for a time; receivers that know alerts open and close it by its key. */
export interface Alert {
  /** The same from the first notice of it to the last. */
  key: string;
  name: "BelayIncident" | "BelayPaused" | "BelayTest";
  state: "raised" | "resolved";
  /** ISO 8601: when it was raised. */
  since: string;
}

export interface Notice {
  /** The same at every attempt, so that a receiver can drop what it has already. */
  id: string;
  /** Of the record from which it follows; 0 for a test. */
  seq: number;
  type: NoticeType;
  /** ISO 8601: when that happened, not when it was sent. */
  at: string;
  severity: "info" | "warning" | "critical";
  /** Without user and password. */
  database: string;
  /** Names the watch; the same in all notices of it. */
  watch: string;
  /** One sentence. */
  title: string;
  /** What is known, label and text. */
  facts: [label: string, text: string][];
  /** What a human has to do. */
  next?: string;
  alert?: Alert;
  /** The begin or the end of a change to the system, which is nothing that needs anybody. */
  isChange: boolean;
}

/** As lines of plain text, the title left out. */
export function linesOf({ database, facts, next }: Notice): string[] {
  const known = [["Database", database], ...facts].map(([label, text]) => `${label}: ${text}`);
  return next === undefined ? known : [...known, `Next: ${next}`];
}

/** Receivers refuse what is longer than they allow, and then nobody is told anything. */
export function clipped(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
