// Owns: `prove` as a use case: which migrations, on which scratch server, with which actors.

import { availableParallelism } from "node:os";
import { type Catalog, describeDifference, differences } from "../core/catalog.ts";
import { BelayError, messageOf } from "../core/errors.ts";
import type { Migration } from "../core/migration.ts";
import { stateOf } from "../journal/state.ts";
import { readRecords } from "../journal/store.ts";
import { compare } from "../plan/compare.ts";
import { undoStatements } from "../plan/reverse.ts";
import { proofOf } from "../prove/proof-file.ts";
import { prove as proveAll } from "../prove/prove.ts";
import type { Actors, Circumstances, Outcome } from "../prove/rehearse.ts";
import type { MigrationProof, UndoSource } from "../prove/result.ts";
import { type Copy, Scratch, type ScratchServer } from "../prove/scratch.ts";
import { down } from "./down.ts";
import { finalize } from "./finalize.ts";
import { loadFolder, unknownVersion } from "./migrations.ts";
import { writeProof, writeProposal } from "./proofs.ts";
import { recover } from "./recover.ts";
import { redo } from "./redo.ts";
import { openScratchServer } from "./scratch-server.ts";
import type { Settings } from "./settings.ts";
import { withSession } from "./target.ts";
import { type UpOptions, up } from "./up.ts";

export interface ProveOptions {
  /** Only these. */
  versions?: readonly string[];
  /** The whole history rather than what is pending. */
  all: boolean;
  using: "both" | UndoSource;
  seed: number;
  /** Made-up rows per table. */
  rows: number;
  /** Absent: an embedded server. */
  scratchUrl?: string;
  /** Rehearsals at a time; absent: one per processor. */
  parallel?: number;
  /** Deaths to rehearse per migration at most; absent: none. */
  crashBudget?: number;
  /** Write proof files beside the migrations. */
  write: boolean;
  /** Write Belay's own inverse, for review, beside downs that are worse than it. */
  writeDown?: boolean;
  /** Called as each is done, in order. */
  onProof?(proof: MigrationProof): void;
}

export interface ProveSummary {
  total: number;
  exact: number;
  lossy: number;
  irreversible: number;
  failed: number;
}

export interface ProveResult {
  migrations: MigrationProof[];
  summary: ProveSummary;
  notes: string[];
  /** Migrations after this one could not be rehearsed. */
  stopped?: { version: string; error: BelayError };
}

export async function prove(settings: Settings, options: ProveOptions): Promise<ProveResult> {
  const folder = await loadFolder(settings);
  const wanted = await wantedOf({ ...settings, folder }, options);
  const { environment, projectDir } = settings;
  const server = await openScratchServer(projectDir, environment, options.scratchUrl);
  await using scratch = await Scratch.open(server, environment);
  const admin = await scratch.server.dialect.connect({
    url: server.url(),
    applicationName: "belay prove",
  });
  const made = {
    server: await server.dialect.server(admin),
    seed: options.seed,
    rows: options.rows,
  };
  await admin.close();
  const isPending = !options.all && options.versions === undefined;
  const { proofs, stopped, ...proved } = await proveAll({
    ...options,
    ...(isPending && { prepare: (stage: Copy) => likeTarget(settings, server, stage) }),
    ...{ scratch, wanted, migrations: folder.migrations },
    actors: actorsOf({ ...settings, folder }),
    parallel: options.parallel ?? availableParallelism(),
    ...(settings.signal === undefined ? {} : { signal: settings.signal }),
    onProof: (proof) => options.onProof?.(proof),
  });
  const { notes } = proved;
  if (options.write) notes.push(...(await writeProofs(folder.migrations, proofs, made)));
  if (options.writeDown) notes.push(...(await writeProposals(folder.migrations, proofs)));
  return {
    migrations: proofs,
    notes,
    summary: summaryOf(proofs),
    ...(stopped === undefined ? {} : { stopped }),
  };
}

/** What is pending will run on the target, which may not be what the folder's history makes. */
async function likeTarget(
  settings: Settings,
  { rehearsals }: ScratchServer,
  stage: Copy,
): Promise<string[]> {
  return withSession(settings, async (target, { dialect }) => {
    const wanted = await dialect.extract(target);
    const session = await stage.looking();
    const differs = async () => differences(wanted, await dialect.extract(session), "name");
    if ((await differs()).length === 0) return [];
    let why = "";
    try {
      await rehearsals.align(session, target);
    } catch (error) {
      why = `; making them alike failed: ${messageOf(error)}`;
    }
    const left = (await differs()).map(describeDifference);
    if (left.length === 0) {
      return ["The target is not what the folder's history makes; the copies are like the target."];
    }
    const some = left.slice(0, 5).join("; ");
    const more = left.length > 5 ? `; and ${left.length - 5} more` : "";
    return [
      `The copies are not like the target, so the proofs do not hold there: ${some}${more}${why}`,
    ];
  });
}

async function writeProofs(
  migrations: readonly Migration[],
  proofs: readonly MigrationProof[],
  made: Parameters<typeof proofOf>[1],
): Promise<string[]> {
  for (const proof of proofs) {
    const migration = migrations.find(({ version }) => version === proof.version);
    if (migration === undefined) continue;
    const why = await writeProof(migration, proofOf(proof, made));
    if (why !== undefined) return [`Proofs are not written: ${why}`];
  }
  return [];
}

async function writeProposals(
  migrations: readonly Migration[],
  proofs: readonly MigrationProof[],
): Promise<string[]> {
  const notes: string[] = [];
  for (const { version, proposal } of proofs) {
    const migration = migrations.find((each) => each.version === version);
    if (migration === undefined || proposal === undefined) continue;
    notes.push(await writeProposal(migration, proposal));
  }
  return notes;
}

function summaryOf(proofs: readonly MigrationProof[]): ProveSummary {
  const summary = { total: proofs.length, exact: 0, lossy: 0, irreversible: 0, failed: 0 };
  for (const { verdict } of proofs) summary[verdict] += 1;
  return summary;
}

async function wantedOf(settings: Settings, options: ProveOptions): Promise<Set<string>> {
  const { migrations, format } = await loadFolder(settings);
  const versionsOf = (list: readonly Migration[]) => new Set(list.map(({ version }) => version));
  if (options.versions !== undefined) {
    const named = options.versions.map((version) => {
      const found = migrations.find((each) => format.compare(each.version, version) === 0);
      if (found === undefined) throw unknownVersion(version);
      return found;
    });
    return versionsOf(named);
  }
  if (options.all) return versionsOf(migrations);
  const records = await withSession(settings, (session) => readRecords(session));
  return versionsOf(compare(migrations, stateOf(records), format.compare).pending);
}

/** The program's own use cases, each on the copy that it is given. */
function actorsOf({ signal: _, ...settings }: Settings): Actors {
  const on = (
    databaseUrl: string,
    { mortal, catalog, verbatim }: Circumstances = {},
  ): Settings => ({
    ...{ ...settings, databaseUrl, report: () => {} },
    // The policy is about the target; and every state is read by the rehearsal itself.
    ...{ requireProof: false, verifies: false },
    // The copies are small; what runs on the target may be the form for large tables.
    onlineAboveBytes: 0,
    ...(catalog && { catalog }),
    ...(verbatim && { verbatim }),
    ...(mortal && {
      environment: mortal.environment,
      through: (dialect) => mortal.through(settings.through?.(dialect) ?? dialect),
    }),
  });
  // Made-up rows may fire triggers that make tables.
  const strict = { allowDrift: true, acceptLoss: true, allowMissing: false, allowChanged: false };
  const last = { target: { count: 1 }, acceptLoss: true, allowDrift: true };
  return {
    up: (url, version, given) =>
      outcome(async () => {
        let inverse: string[] = [];
        let left: Catalog | undefined;
        const options: UpOptions = {
          ...{ ...strict, to: version, allowOutOfOrder: false },
          onApplied: ({ undo }, catalog) => {
            inverse = undoStatements(undo).map(({ sql }) => sql);
            left = catalog;
          },
        };
        const { error, applied } = await up(on(url, given), options);
        const done = applied.find((each) => each.version === version);
        const told = done as Pick<Outcome, "verdict" | "losses"> | undefined;
        return { error, inverse, catalog: left, ...told };
      }),
    down: (url, using, given) =>
      outcome(async () => {
        const { error, conflicts } = await down(on(url, given), { ...last, using });
        return { error, conflicts };
      }),
    redo: (url, using, given) => outcome(() => redo(on(url, given), { ...last, using })),
    finalize: (url) => outcome(() => finalize(on(url), { which: "all", allowDrift: true })),
    recover: (url, given) => outcome(() => recover(on(url, given), { giveUp: false })),
  };
}

async function outcome(
  work: () => Promise<{ [K in keyof Outcome]?: Outcome[K] | undefined }>,
): Promise<Outcome> {
  try {
    const done = await work();
    const { error, catalog, conflicts, verdict = "exact", losses = [], inverse = [] } = done;
    return {
      verdict,
      losses,
      inverse,
      ...(error && { error }),
      ...(catalog && { catalog }),
      ...(conflicts && { conflicts }),
    };
  } catch (error) {
    // What comes before the work: a defect is thrown on.
    if (!(error instanceof BelayError)) throw error;
    return { verdict: "exact", losses: [], inverse: [], error };
  }
}
