// Owns: secrets of channels: that they come from the environment alone, and that nothing that Belay
// prints or keeps contains one.

import { z } from "zod";

const reference = /^env:([A-Za-z_][A-Za-z0-9_]*)$/;

/** An option that is a secret: the configuration names the variable that holds it. */
export const fromEnvironment = z
  .string()
  .regex(
    reference,
    'write "env:NAME": a secret comes from the environment, and is not written here',
  );

/** An address that is no secret may be written down; one with credentials or a query may not. */
export const address = z.union([
  fromEnvironment,
  z.url({ protocol: /^https?$/ }).refine((text) => {
    const { username, password, search } = new URL(text);
    return username === "" && password === "" && search === "";
  }, 'an address with credentials or a query is a secret: write "env:NAME"'),
]);

/** Looks a variable of the environment up. */
export type Lookup = (name: string) => string | undefined;

export interface Resolved {
  options: unknown;
  /** What was looked up. */
  secrets: string[];
  /** Variables that are not set, or empty. */
  missing: string[];
}

/** The options with every `env:NAME` replaced, at any depth. */
export function resolve(options: unknown, lookup: Lookup): Resolved {
  const [secrets, missing]: [string[], string[]] = [[], []];
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk);
    if (value !== null && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, walk(each)]));
    }
    const name = typeof value === "string" ? reference.exec(value)?.[1] : undefined;
    if (name === undefined) return value;
    const found = lookup(name) ?? "";
    (found === "" ? missing : secrets).push(found === "" ? name : found);
    return found;
  };
  return { options: walk(options), secrets, missing };
}

/** What is shorter is found in ordinary words, and would make them unreadable. */
const shortestPart = 6;

/**
 * Takes secrets out of a text: each as a whole, and what of it a library or a receiver may quote, which
 * is the parts of a URL and the words of a header.
 */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const parts = secrets.flatMap((secret) => [
    secret,
    ...secret.split(/\s+/),
    ...partsOfUrl(secret),
  ]);
  const forms = parts
    .filter((part) => part.length >= shortestPart || secrets.includes(part))
    .flatMap((part) => [part, encodeURIComponent(part), Buffer.from(part).toString("base64")]);
  // The longest first: of two that overlap, nothing may be left over.
  const all = [...new Set(forms)].sort((a, b) => b.length - a.length);
  return (text) => all.reduce((clean, each) => clean.replaceAll(each, "***"), text);
}

function partsOfUrl(text: string): string[] {
  if (!URL.canParse(text)) return [];
  const url = new URL(text);
  const { username, password, pathname, search } = url;
  const segments = pathname.split("/").filter((segment) => segment !== "");
  const parts = [username, password, pathname, search, ...segments, ...url.searchParams.values()];
  return parts.filter((part) => part !== "" && part !== "/");
}
