// Owns: proving migrations one after the other: a stage that goes forward through the history, and
// from each of its points a copy, on which the next migration is rehearsed. The stage goes on while
// rehearsals run, so that several cores are used.

import type { Catalog } from "../core/catalog.ts";
import { BelayError } from "../core/errors.ts";
import type { Migration } from "../core/migration.ts";
import { type Ground, proveMigration } from "./prove-migration.ts";
import type { MigrationProof } from "./result.ts";
import { makesRoles } from "./roles.ts";
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
  const { scratch, migrations, actors, wanted } = options;
  if (migrations.some(makesRoles)) await scratch.keepRolesApart(migrations);
  await using stage = await scratch.create();
  // Copies are dropped by whoever works on them, and they must be gone before the stage is.
  await using rehearsals = new Running(options);
  let notes: string[] | undefined;
  /** Of the stage. Nothing is judged by it: each rehearsal reads its own. */
  let catalog: Catalog | undefined;
  for (const [index, migration] of migrations.entries()) {
    refuseAborted(options.signal);
    const { version } = migration;
    if (wanted.has(version)) {
      if (notes === undefined) {
        notes = (await options.prepare?.(stage)) ?? [];
        catalog = undefined;
      }
      await rehearsals.begin(stage, migration);
    }
    const rest = migrations.slice(index + 1);
    if (!rest.some((each) => wanted.has(each.version))) break;
    if (!isStop(migration, rest[0], wanted)) continue;
    const { error, ...done } = await actors.up(stage.url, version, {
      // Each migration is proved by itself: the window of the one before it has ended.
      ...{ verbatim: true, ...(catalog && { catalog }) },
    });
    catalog = done.catalog;
    await scratch.keepRoles();
    if (error === undefined) continue;
    return { proofs: await rehearsals.all(), notes: notes ?? [], stopped: { version, error } };
  }
  return { proofs: await rehearsals.all(), notes: notes ?? [] };
}

/** What is not proved is applied together, in one run. */
function isStop(one: Migration, next: Migration | undefined, wanted: ReadonlySet<string>): boolean {
  return wanted.has(one.version) || next === undefined || wanted.has(next.version);
}

/** Rehearsals under way, so many at a time; told in the order in which they began. */
class Running implements AsyncDisposable {
  private readonly options: ProveOptions;
  private readonly proofs: Promise<MigrationProof>[] = [];
  private readonly running = new Set<Promise<unknown>>();
  private told: Promise<unknown> = Promise.resolve();

  constructor(options: ProveOptions) {
    this.options = options;
  }

  async begin(stage: Copy, migration: Migration): Promise<void> {
    const { parallel, onProof, scratch } = this.options;
    while (this.running.size >= parallel) await Promise.race(this.running);
    const proof = proveMigration(this.options, await stage.copy(), migration);
    // Awaited at the end; until then a failure must not end the process.
    const ended: Promise<void> = proof.catch(() => {}).then(() => void this.running.delete(ended));
    this.running.add(ended);
    this.proofs.push(proof);
    this.told = this.told.then(async () => onProof(await proof)).catch(() => {});
    if (scratch.keepsRolesApart) await ended;
  }

  async all(): Promise<MigrationProof[]> {
    const proofs = await Promise.all(this.proofs);
    await this.told;
    return proofs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.proofs);
  }
}

function refuseAborted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  throw new BelayError("BELAY_CANCELLED", "Cancelled", { state: "Only copies were used." });
}
