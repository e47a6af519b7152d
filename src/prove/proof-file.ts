// Owns: the proof as a file beside its migration: small, the same on every run, made to be read in
// a pull request. What depends on the moment (times, example values) stays out of it.

import { z } from "zod";
import { describeDifference } from "../core/catalog.ts";
import { BelayError } from "../core/errors.ts";
import { checksum } from "../core/hash.ts";
import type { Migration } from "../core/migration.ts";
import { type MigrationProof, type ProofVerdict, rankOf, type WayProof, waysOf } from "./result.ts";

const way = z.object({
  verdict: z.enum(["exact", "lossy", "irreversible", "failed"]),
  /** Only with `failed`: `always`, `with rows`, `with later writes`. */
  when: z.string().optional(),
  residual: z.array(z.string()).optional(),
  losses: z.array(z.string()).optional(),
});

/** Raised whenever the meaning of a field changes. */
const format = 1;

const proofSchema = z.object({
  format: z.literal(format),
  version: z.string(),
  /** Of the texts that were rehearsed. */
  checksum: z.string(),
  downChecksum: z.string().optional(),
  /** Dialect and major version. */
  server: z.string(),
  /** Fingerprints of the catalog before and after. */
  before: z.string(),
  after: z.string(),
  /** What makes up the same rows again. */
  seed: z.number(),
  rows: z.number(),
  planned: way.optional(),
  file: way.optional(),
  crash: z.object({ points: z.number(), failures: z.number(), leftOut: z.number() }).optional(),
});

export type Proof = z.infer<typeof proofSchema>;

/** `0042_name.proof.json` beside `0042_name.up.sql` or `0042_name.sql`. */
export function proofPath({ up }: Pick<Migration, "up">): string {
  return `${up.path.replace(/(\.up)?\.sql$/i, "")}.proof.json`;
}

export function proofOf(
  proof: MigrationProof,
  made: { server: string; seed: number; rows: number },
): Proof {
  const { version, checksum, downChecksum, before, after, crash } = proof;
  return {
    ...{ format, version, checksum, ...(downChecksum === undefined ? {} : { downChecksum }) },
    ...{ before, after, ...made },
    ...Object.fromEntries(waysOf(proof).map((each) => [each.undoSource, wayOf(each)])),
    ...(crash && {
      crash: { points: crash.points, failures: crash.failures, leftOut: crash.leftOut },
    }),
  };
}

function wayOf({ verdict, failsWhen, residual, losses }: WayProof): Proof["planned"] {
  return {
    verdict,
    ...(failsWhen === undefined ? {} : { when: failsWhen }),
    ...(residual.length === 0 ? {} : { residual: residual.map(describeDifference) }),
    ...(losses.length === 0
      ? {}
      : { losses: losses.map(({ object, why }) => `${object}: ${short(why)}`) }),
  };
}

/** Without its example, which may hold a time of day. */
function short(why: string): string {
  return why.replace(/, e\.g\. .*$/s, "");
}

export function proofText(proof: Proof): string {
  return `${JSON.stringify(proof, null, 2)}\n`;
}

/** Throws BELAY_PROOF for text that is not a proof of this format. */
export function parseProof(text: string, path: string): Proof {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const parsed = proofSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new BelayError("BELAY_PROOF", `${path} is not a proof that this version can read`, {
    state: "The database was not touched.",
    hint: "belay prove writes a new one.",
    details: { path },
  });
}

/** Of the better way, which is the one that `down` takes. */
export function bestVerdict({ planned, file }: Proof): ProofVerdict {
  const verdicts = [planned?.verdict, file?.verdict].filter((each) => each !== undefined);
  return verdicts.sort((a, b) => rankOf(a) - rankOf(b))[0] ?? "failed";
}

/** Line endings do not count, as for the up. */
export function downChecksumOf({ down }: Pick<Migration, "down">): string | undefined {
  return down === undefined ? undefined : checksum(down.sql);
}
