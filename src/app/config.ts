// Owns: reading `belay.config.ts|js|json`. What it holds is less than the environment, and that
// less than flags; merging is the command line's.

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { BelayError, messageOf, untouched } from "../core/errors.ts";
import { guardSchema } from "../guard/options.ts";
import { notifySchema } from "../notify/options.ts";

const milliseconds = z.number().int().nonnegative();
const bytes = z.number().int().nonnegative();

/** The configuration file. All fields are optional; unknown ones are refused, to catch misspellings. */
const configSchema = z.strictObject({
  /** Connection URL; better kept in DATABASE_URL. */
  databaseUrl: z.string().optional(),
  /** Migrations folder, relative to the file. Default `migrations`. */
  dir: z.string().optional(),
  /** Name of a format; absent: detected. */
  format: z.string().optional(),
  lockTimeoutMs: milliseconds.optional(),
  lockBudgetMs: milliseconds.optional(),
  statementTimeoutMs: milliseconds.optional(),
  /** `up` refuses a migration without a fresh proof. */
  requireProof: z.boolean().optional(),
  /** How long what migrations put aside is kept before `finalize --expired` destroys it. */
  undoWindowMs: milliseconds.optional(),
  /** Statements that block run in a form that does not, on tables at least this large. */
  onlineAboveBytes: bytes.optional(),
  /** What is watched, and how it is judged. */
  guard: guardSchema.optional(),
  /** Who is told of what the guard does; by name. */
  notify: notifySchema.optional(),
});

export type Config = z.infer<typeof configSchema>;

/** For `belay.config.ts`: types the object, returns it. */
export function defineConfig(config: Config): Config {
  return config;
}

export const configNames = ["belay.config.ts", "belay.config.js", "belay.config.json"] as const;

/** The configuration of a project, or an empty one. Throws BELAY_CONFIG. */
export async function readConfig(projectDir: string): Promise<Config> {
  const name = configNames.find((each) => existsSync(join(projectDir, each)));
  if (name === undefined) return {};
  const path = join(projectDir, name);
  let value: unknown;
  try {
    value = name.endsWith(".json") ? JSON.parse(await readFile(path, "utf8")) : await load(path);
  } catch (cause) {
    throw configError(`${name} cannot be read: ${messageOf(cause)}`, cause);
  }
  const parsed = configSchema.safeParse(value);
  if (!parsed.success) throw configError(`${name}: ${z.prettifyError(parsed.error)}`, parsed.error);
  return parsed.data;
}

/** Node 20 reads no TypeScript; jiti does, and is loaded only then. */
async function load(path: string): Promise<unknown> {
  const { createJiti } = await import("jiti");
  const module = await createJiti(import.meta.url).import<{ default?: unknown }>(path);
  return module.default ?? module;
}

function configError(message: string, cause: unknown): BelayError {
  return new BelayError("BELAY_CONFIG", message, {
    state: untouched,
    hint: "See docs/configuration.md for what the file may hold.",
    cause,
  });
}
