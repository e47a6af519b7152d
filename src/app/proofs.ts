// Owns: proof files on disk, and the policy that nothing runs without a fresh one.

import { readFile, writeFile } from "node:fs/promises";
import { BelayError, messageOf, untouched } from "../core/errors.ts";
import type { Migration } from "../core/migration.ts";
import {
  bestVerdict,
  downChecksumOf,
  type Proof,
  parseProof,
  proofPath,
  proofText,
} from "../prove/proof-file.ts";

/** The proof beside a migration; undefined when there is none. Throws BELAY_PROOF. */
export async function readProof(migration: Migration): Promise<Proof | undefined> {
  const path = proofPath(migration);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new BelayError("BELAY_PROOF", `${path} cannot be read: ${messageOf(error)}`, {
      state: untouched,
      cause: error,
    });
  }
  return parseProof(text, path);
}

/** Returns why it could not be written, e.g. a folder that is only for reading. */
export async function writeProof(migration: Migration, proof: Proof): Promise<string | undefined> {
  try {
    await writeFile(proofPath(migration), proofText(proof));
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** Not under a name that any tool would run: somebody has to read it first. Returns what was done. */
export async function writeProposal(
  { up, down }: Migration,
  sql: readonly string[],
): Promise<string> {
  const beside = down?.path === up.path ? undefined : down?.path;
  const path = `${beside ?? up.path.replace(/(\.up)?\.sql$/i, ".down.sql")}.proposed`;
  const text = `-- Belay's own inverse, derived from the catalog and proved exact. For review.\n${sql
    .map((statement) => `${statement};\n`)
    .join("")}`;
  try {
    await writeFile(path, text);
    return `wrote ${path}`;
  } catch (error) {
    return `${path} is not written: ${messageOf(error)}`;
  }
}

/** What a proof has to match to be fresh. */
export interface Present {
  /** Fingerprint of the catalog on which the first pending migration will run. */
  catalog: string;
  server: string;
}

/**
 * Throws BELAY_PROOF (refused) unless each of these has a proof of just this text, on just this
 * catalog and server version, that did not fail. The next one starts where the one before ends.
 */
export function requireProofs(
  pending: readonly Migration[],
  proofs: ReadonlyMap<string, Proof | undefined>,
  present: Present,
): void {
  let catalog = present.catalog;
  for (const migration of pending) {
    const proof = proofs.get(migration.version);
    const why = reasonAgainst(migration, proof, { ...present, catalog });
    if (why !== undefined) {
      throw new BelayError("BELAY_PROOF", `${migration.version} ${migration.name} ${why}`, {
        state: untouched,
        hint: "Run belay prove; the policy is requireProof.",
        details: { version: migration.version, proof: proofPath(migration) },
      });
    }
    catalog = proof?.after ?? "";
  }
}

function reasonAgainst(
  migration: Migration,
  proof: Proof | undefined,
  present: Present,
): string | undefined {
  if (proof === undefined) return "has no proof";
  if (proof.checksum !== migration.checksum) return "has changed since it was proved";
  if (proof.downChecksum !== downChecksumOf(migration)) {
    return "has another down since it was proved";
  }
  if (proof.server !== present.server) {
    return `was proved on ${proof.server}, and this is ${present.server}`;
  }
  if (proof.before !== present.catalog) return "was proved on another catalog than this one";
  const verdict = bestVerdict(proof);
  if (verdict === "failed") return "has a proof that failed";
  return (proof.crash?.failures ?? 0) > 0 ? "did not survive its crash walk" : undefined;
}
