// Owns: proving migrations one after the other: a stage that goes forward through the history, and
// from each of its points a copy, on which the next migration is rehearsed. The stage goes on while
// rehearsals run, so that several cores are used.

import { BelayError } from "../core/errors.ts";
import type { Migration } from "../core/migration.ts";
import { type Ground, proveMigration } from "./prove-migration.ts";
import type { MigrationProof } from "./result.ts";
import type { Copy } from "./scratch.ts";

export interface ProveOptions extends Ground {
  /** The history in order. */
  migrations: readonly Migration[];
  /** Those to prove, by version; the others are only applied. */
  wanted: ReadonlySet<string>;
  /** Called when the stage is where the first of them begins; returns what is to be known of it. */
  prepare?: (stage: Copy) => Promise<string[]>;
  /** Rehearsals at a time. */
  parallel: number;
  /** Aborted by Ctrl-C: no further rehearsal begins. */
  signal?: AbortSignal;
  /** In the order of the history. */
  onProof(proof: MigrationProof): void;
}

export interface Proved {
  proofs: MigrationProof[];
  notes: string[];
  /** Why the migrations after the last proof could not be rehearsed: this one cannot be applied. */
  stopped?: { version: string; error: BelayError };
}

export async function prove(options: ProveOptions): Promise<Proved> {
  const { scratch, migrations, actors, wanted, parallel, onProof } = options;
  const proofs: Promise<MigrationProof>[] = [];
  const running = new Set<Promise<unknown>>();
  let told: Promise<unknown> = Promise.resolve();
  await using stage = await scratch.create();
  let stopped: Proved["stopped"];
  let notes: string[] | undefined;
  try {
    for (const [index, migration] of migrations.entries()) {
      refuseAborted(options.signal);
      const { version } = migration;
      if (wanted.has(version)) {
        notes ??= (await options.prepare?.(stage)) ?? [];
        while (running.size >= parallel) await Promise.race(running);
        const copy = await stage.copy();
        const proof = proveMigration(options, copy, migration);
        const ended = proof.finally(() => running.delete(ended));
        // Awaited at the end; until then a failure must not end the process.
        ended.catch(() => {});
        running.add(ended);
        proofs.push(proof);
        told = told.then(async () => onProof(await proof)).catch(() => {});
      }
      if (!migrations.slice(index + 1).some((each) => wanted.has(each.version))) break;
      // What is not proved is applied together, in one run.
      const next = migrations[index + 1];
      if (!wanted.has(version) && next !== undefined && !wanted.has(next.version)) continue;
      const { error } = await actors.up(stage.url, version);
      if (error === undefined) continue;
      stopped = { version, error };
      break;
    }
    const done = await Promise.all(proofs);
    await told;
    return { proofs: done, notes: notes ?? [], ...(stopped === undefined ? {} : { stopped }) };
  } finally {
    // Copies are dropped by whoever works on them, and they must be gone before the stage is.
    await Promise.allSettled(proofs);
  }
}

function refuseAborted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  throw new BelayError("BELAY_CANCELLED", "Cancelled", { state: "Only copies were used." });
}
