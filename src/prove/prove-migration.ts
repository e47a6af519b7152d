// Owns: the proof of one migration: rows made up for it, both ways back rehearsed, and, where one
// fails, under which conditions it does.

import { fingerprintOf } from "../core/catalog.ts";
import { BelayError, messageOf } from "../core/errors.ts";
import type { Migration } from "../core/migration.ts";
import type { Filled } from "../dialects/rehearsal.ts";
import { walkCrashes } from "./crash-walk.ts";
import { judgeLocks } from "./judge-locks.ts";
import { downChecksumOf } from "./proof-file.ts";
import { type Actors, type Rehearsal, rehearse } from "./rehearse.ts";
import {
  type CrashProof,
  type Finding,
  type MigrationProof,
  rankOf,
  type UndoSource,
  type WayProof,
} from "./result.ts";
import { makesRoles } from "./roles.ts";
import type { Copy, Scratch } from "./scratch.ts";
import { readState, type Stage, type State } from "./stage.ts";
import { runVerbatim, touches } from "./verbatim.ts";

/** What all proofs of a run share. */
export interface Ground {
  scratch: Scratch;
  actors: Actors;
  /** `both`: the planned inverse, and the author's down where there is one. */
  using: "both" | UndoSource;
  seed: number;
  /** Rows per table. */
  rows: number;
  /** Deaths to rehearse per migration at most; absent: none. */
  crashBudget?: number;
}

/** `copy` is as before the migration, without made-up rows; it is dropped at the end. */
export async function proveMigration(
  ground: Ground,
  given: Copy,
  migration: Migration,
): Promise<MigrationProof> {
  await using copy = given;
  const { using } = ground;
  const { environment } = ground.scratch;
  const startedAt = environment.monotonic();
  const findings: Finding[] = [];
  const prepared = await prepare(ground, copy, migration, findings);
  const { version, name, checksum } = migration;
  const downChecksum = downChecksumOf(migration);
  const base = {
    ...{ version, name, checksum },
    ...(downChecksum === undefined ? {} : { downChecksum }),
    reproduce: reproduce(ground, migration),
  };
  const ms = () => Math.round(environment.monotonic() - startedAt);
  if (prepared instanceof BelayError) {
    const state = await readState(ground.scratch, copy);
    const before = fingerprintOf(state.catalog);
    return {
      ...{ ...base, undoSource: using === "file" ? "file" : "planned", verdict: "failed" },
      ...{ why: `up: ${messageOf(prepared)}`, failsWhen: "always" },
      ...{ residual: [], losses: [], rows: { checked: 0, lost: 0 }, findings, locks: [] },
      ...{ before, after: before, ms: ms() },
    };
  }
  await using stage = prepared;
  const ways = await rehearseWays(ground, copy, stage, migration);
  const isWalkable = !ground.scratch.keepsRolesApart || !makesRoles(migration);
  const crash = isWalkable ? await crashesOf(ground, stage, migration, ways) : undefined;
  if (!isWalkable && ground.crashBudget !== undefined) {
    const text = "no crash walk: it makes roles, which copies on one server cannot keep apart";
    findings.push({ kind: "coverage", text });
  }
  const proposal = proposalOf(ways);
  const [best, other] = ways.sort(byRank) as [WayProof, WayProof?];
  return {
    ...{ ...base, ...best, locks: stage.locks },
    findings: [...findings, ...stage.findings, ...best.findings],
    ...(other === undefined ? {} : { other }),
    ...(proposal === undefined ? {} : { proposal }),
    ...(crash === undefined ? {} : { crash }),
    ...(crash !== undefined && crash.failures > 0 ? crashed(crash.details) : {}),
    before: fingerprintOf(stage.before.catalog),
    after: fingerprintOf((await stage.verbatim).catalog),
    ms: ms(),
  };
}

/** Of the way that `down` would take. */
async function crashesOf(
  { crashBudget, ...ground }: Ground,
  stage: Stage,
  migration: Migration,
  ways: readonly WayProof[],
): Promise<CrashProof | undefined> {
  const way = [...ways].sort(byRank)[0];
  if (crashBudget === undefined || way === undefined) return undefined;
  const { undoSource } = way;
  return walkCrashes({ ...ground, stage, migration, undoSource }, crashBudget);
}

function crashed(details: readonly string[]): Pick<WayProof, "verdict" | "why" | "failsWhen"> {
  return { verdict: "failed", why: `after a crash: ${details[0]}`, failsWhen: "always" };
}

function sources(using: Ground["using"], migration: Migration): UndoSource[] {
  if (using !== "both") return [using];
  return migration.down === undefined ? ["planned"] : ["planned", "file"];
}

function proposalOf(ways: readonly WayProof[]): string[] | undefined {
  const [planned, file] = (["planned", "file"] as const).map((source) =>
    ways.find(({ undoSource }) => undoSource === source),
  );
  const isBetter = planned?.verdict === "exact" && file !== undefined && file.verdict !== "exact";
  return isBetter ? planned.inverse : undefined;
}

function byRank(a: WayProof, b: WayProof): number {
  return rankOf(a.verdict) - rankOf(b.verdict);
}

function reproduce({ using, seed, rows }: Ground, { version }: Migration): string {
  const way = using === "both" ? "" : ` --using ${using}`;
  return `belay prove ${version}${way} --seed ${seed} --rows ${rows}`;
}

// ------------------------------------------------------------------------------- the way back

async function rehearseWays(
  ground: Ground,
  copy: Copy,
  stage: Stage,
  migration: Migration,
): Promise<WayProof[]> {
  const { scratch, actors } = ground;
  const rehearsal = { scratch, actors, stage, migration };
  const all = sources(ground.using, migration);
  const ways: WayProof[] = [];
  // Both ways start from copies of one migrated database, unless that made roles.
  for (const some of scratch.keepsRolesApart ? all.map((each) => [each]) : [all]) {
    ways.push(...(await rehearse(rehearsal, some, { writers: true })));
  }
  const told: WayProof[] = [];
  for (const way of ways) {
    if (way.verdict === "failed") told.push(await sayWhen(ground, copy, rehearsal, way));
    else told.push(isDisturbed(way) ? await undisturbed(rehearsal, way) : way);
  }
  return told;
}

const isDisturbed = ({ findings }: WayProof) =>
  findings.some(({ kind }) => kind === "conflict" || kind === "up-again");

/**
 * Later writes may keep a rollback from being whole, if it says so, and the migration from being
 * applied again; nothing else may.
 */
async function undisturbed(rehearsal: Rehearsal, proof: WayProof): Promise<WayProof> {
  const ways = await rehearse(rehearsal, [proof.undoSource], { writers: false });
  const quiet = ways[0] as WayProof;
  if (quiet.verdict === "failed") return { ...quiet, failsWhen: "with rows" };
  const found = quiet.findings.find(({ kind }) => kind === "conflict" || kind === "up-again");
  if (found === undefined) return proof;
  const why = `not whole, although nobody wrote anything: ${found.text}`;
  return { ...quiet, verdict: "failed", why, failsWhen: "with rows" };
}

/** A failure is tried again with less, to say what it takes. */
async function sayWhen(
  ground: Ground,
  copy: Copy,
  rehearsal: Rehearsal,
  proof: WayProof,
): Promise<WayProof> {
  const ways = [proof.undoSource];
  const once = async (given: Rehearsal) =>
    (await rehearse(given, ways, { writers: false }))[0] as WayProof;
  const quiet = await once(rehearsal);
  if (quiet.verdict !== "failed") {
    // What it loses besides is seen better where nothing fails.
    const losses = [...proof.losses, ...quiet.losses];
    return { ...proof, losses, failsWhen: "with later writes" };
  }
  if (rehearsal.stage.filled === 0) return { ...quiet, failsWhen: "always" };
  const bare = await stageOf(ground, copy, rehearsal.migration, { rows: 0 });
  if (bare instanceof BelayError) return { ...quiet, failsWhen: "with rows" };
  await using empty = bare;
  const hollow = await once({ ...rehearsal, stage: empty });
  return { ...quiet, failsWhen: hollow.verdict === "failed" ? "always" : "with rows" };
}

// ------------------------------------------------------------------------------------- stages

/**
 * The stage with as many rows as the migration bears: some are written for tables that are empty,
 * or for rows that only their author knows. An error says that it cannot be applied even to none.
 */
async function prepare(
  ground: Ground,
  copy: Copy,
  migration: Migration,
  findings: Finding[],
): Promise<(Stage & AsyncDisposable) | BelayError> {
  const { rows } = ground;
  const touched = await touches(ground.scratch, migration);
  const attempts: Attempt[] = [{ rows }, { rows: 2 }, { rows, without: touched }, { rows: 0 }];
  let first: BelayError | undefined;
  for (const attempt of rows === 0 ? [{ rows: 0 }] : attempts) {
    const stage = await stageOf(ground, copy, migration, attempt);
    if (!(stage instanceof BelayError)) {
      if (first !== undefined) {
        const text = `the up fails on made-up rows, so it was rehearsed with ${describe(attempt)}: ${first.message}`;
        findings.push({ kind: "coverage", text });
      }
      const empty = new Set(
        stage.before.contents.tables
          .filter((each) => each.rows.length === 0)
          .map((each) => each.name),
      );
      for (const { table, why } of stage.unfilled) {
        if (!empty.has(table)) continue;
        findings.push({ kind: "coverage", text: `${table} has no rows: ${why ?? "unknown"}` });
      }
      return stage;
    }
    first ??= stage;
  }
  return first as BelayError;
}

interface Attempt {
  rows: number;
  /** Tables to leave empty, as the migration names them. */
  without?: readonly string[];
}

function describe({ rows, without }: Attempt): string {
  if (rows === 0) return "no rows at all";
  return without === undefined ? "two plain rows per table" : `none in ${without.join(", ")}`;
}

async function stageOf(
  { scratch, seed }: Ground,
  origin: Copy,
  migration: Migration,
  { rows, without }: Attempt,
): Promise<(Stage & AsyncDisposable) | BelayError> {
  const own = seed + Number.parseInt(migration.checksum.slice(0, 6), 16);
  const copy = await origin.copy();
  try {
    const filled = rows === 0 ? [] : await fill(scratch, copy, { rows, seed: own, without });
    const before = await readState(scratch, copy);
    const ahead = await copy.copy();
    const { steps, locks } = await runVerbatim(scratch, ahead, migration, before.catalog).catch(
      async (error: unknown) => {
        await ahead[Symbol.asyncDispose]();
        throw error;
      },
    );
    const verbatim = readAndDrop(scratch, ahead);
    if (scratch.keepsRolesApart) await verbatim;
    return {
      ...{ copy, before, verbatim, seed: own, locks },
      findings: judgeLocks(steps, locks, before.catalog),
      filled: filled.reduce((sum, { inserted }) => sum + inserted, 0),
      unfilled: filled.filter(({ why }) => why !== undefined),
      async [Symbol.asyncDispose]() {
        await Promise.allSettled([verbatim]);
        await copy[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await copy[Symbol.asyncDispose]();
    if (error instanceof BelayError) return error;
    throw error;
  }
}

async function readAndDrop(scratch: Scratch, given: Copy): Promise<State> {
  await using copy = given;
  return await readState(scratch, copy);
}

async function fill(
  { server }: Scratch,
  copy: Copy,
  { rows, seed, without }: { rows: number; seed: number; without: readonly string[] | undefined },
): Promise<Filled[]> {
  const session = await copy.looking();
  const options = { seed, rows };
  if (without === undefined) return server.rehearsals.fill(session, options);
  const { tables } = await server.rehearsals.read(session);
  // As written or with its schema.
  const isLeft = (name: string) =>
    without.some((each) => name === each || name.endsWith(`.${each}`));
  const only = new Map(tables.filter(({ name }) => !isLeft(name)).map(({ name }) => [name, []]));
  return server.rehearsals.fill(session, { ...options, only });
}
