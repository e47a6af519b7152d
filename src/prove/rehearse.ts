// Owns: the rehearsal of one migration and one way back, on copies of a database that is as before
// it. Every judgement compares what was read from the copies; what the plan claims is only ever
// compared with that.

import { type Catalog, type Difference, describeDifference, differences } from "../core/catalog.ts";
import { type BelayError, messageOf } from "../core/errors.ts";
import type { Migration } from "../core/migration.ts";
import type { Conflict, Loss, Verdict } from "../core/plan.ts";
import type { Contents } from "../dialects/rehearsal.ts";
import { columnOrderLoss, isColumnOrder, residualOf } from "./judge-catalog.ts";
import { judgeRows } from "./judge-rows.ts";
import type { Mortal } from "./mortal.ts";
import type { Finding, UndoSource, WayProof } from "./result.ts";
import { sameRows, type UnequalColumn } from "./same-rows.ts";
import type { Copy, Scratch } from "./scratch.ts";
import { readState, type Stage, type State } from "./stage.ts";
import { runVerbatim } from "./verbatim.ts";
import { write } from "./writers.ts";

/** What a run is told besides. */
export interface Circumstances {
  /** The catalog as read a moment ago, so that the run need not read it again. */
  catalog?: Catalog;
  /** Nothing is kept of what the statements drop. */
  verbatim?: boolean;
  /** A life that ends at a crash point. */
  mortal?: Mortal;
}

/** The program under proof; each call is a run of its own with its own connections. */
export interface Actors {
  up(url: string, version: string, given?: Circumstances): Promise<Outcome>;
  /** Losses are accepted: whether there are any is for the rehearsal to find. */
  down(url: string, using: UndoSource, given?: Circumstances): Promise<Outcome>;
  redo(url: string, using: UndoSource, given?: Circumstances): Promise<Outcome>;
  recover(url: string, given?: Circumstances): Promise<Outcome>;
  /** Ends all undo windows. */
  finalize(url: string): Promise<Outcome>;
}

export interface Outcome {
  error?: BelayError;
  verdict: Verdict;
  losses: Loss[];
  /** Of an up: the statements that take it back, in order. */
  inverse: string[];
  /** Of a down: where later writes and it did not agree. */
  conflicts?: Conflict[];
  /** Of an up that is done: the catalog as it left it, by its own account. */
  catalog?: Catalog;
}

export interface Rehearsal {
  scratch: Scratch;
  actors: Actors;
  stage: Stage;
  migration: Migration;
}

/** After the up and what was written then: where each way back starts. */
interface Migrated {
  copy: Copy;
  up: Outcome;
  state: State;
  written: Contents;
  thinned?: Contents;
  findings: Finding[];
}

/** Up, writers, then each way back from there, and up again; judged at each station. */
export async function rehearse(
  rehearsal: Rehearsal,
  undoSources: readonly UndoSource[],
  options: { writers: boolean },
): Promise<WayProof[]> {
  const { scratch, actors, stage, migration } = rehearsal;
  await using copy = await stage.copy.copy();
  const given = { catalog: stage.before.catalog };
  const up = await actors.up(copy.url, migration.version, given);
  const failedUp = (why: string) =>
    undoSources.map((undoSource) => failed(emptyProof(undoSource, []), why));
  if (up.error) return failedUp(`up: ${describe(up.error)}`);
  const state = await readState(scratch, copy);
  const unequal = await unequalToVerbatim(rehearsal, state);
  if (unequal !== undefined) return failedUp(unequal);
  const findings: Finding[] = [];
  const written = options.writers
    ? await write(scratch, copy, { ...stage, migrated: state, findings })
    : { written: state.contents };
  const migrated = { copy, up, state, ...written, findings };
  // The last one may use up the copy itself.
  const others = undoSources.slice(0, -1);
  const copies: Copy[] = [];
  for (const _ of others) copies.push(await copy.copy());
  const started = undoSources.map(async (undoSource, index) => {
    await using own = copies[index];
    return await goBack(rehearsal, { ...migrated, copy: own ?? copy }, undoSource);
  });
  const settled = await Promise.allSettled(started);
  return settled.map((each) => {
    if (each.status === "rejected") throw each.reason;
    return each.value;
  });
}

function emptyProof(undoSource: UndoSource, findings: Finding[]): WayProof {
  return {
    ...{ undoSource, residual: [], losses: [], findings, rows: { checked: 0, lost: 0 } },
    verdict: "exact",
  };
}

async function goBack(
  rehearsal: Rehearsal,
  { copy, up, state, written, thinned, findings }: Migrated,
  undoSource: UndoSource,
): Promise<WayProof> {
  const { scratch, actors, stage } = rehearsal;
  const proof = emptyProof(undoSource, [...findings]);
  const down = await actors.down(copy.url, undoSource, { catalog: state.catalog });
  if (down.error?.code === "BELAY_UNDO_NONE") {
    return { ...proof, verdict: "irreversible", why: down.error.message, losses: up.losses };
  }
  if (down.error) return failed(proof, `down: ${describe(down.error)}`);
  const back = await readState(scratch, copy);
  const found = residualOf(stage.before.catalog, back.catalog).filter(
    (each) => !isMadeBy(each, state.contents, written),
  );
  const { conflicts = [] } = down;
  const residual = found.filter((each) => !isTold(each, conflicts));
  proof.findings.push(...conflicts.map(conflictFinding));
  const { losses, ...rows } = judgeRows({
    ...{ before: stage.before.contents, migrated: state.contents },
    ...{ thinned, written, back: back.contents, conflicts },
  });
  Object.assign(proof, { residual, rows });
  proof.losses.push(...residual.filter(isColumnOrder).map(columnOrderLoss), ...losses);
  const claimsExact = undoSource === "planned" && up.verdict === "exact";
  if (claimsExact && proof.losses.length > 0) {
    return failed(proof, "the plan says that nothing is lost, and something is");
  }
  // A plan that says what it cannot bring back has not lied; a written down says nothing.
  const isForeseen = undoSource === "planned" && !claimsExact;
  if (!isForeseen && residual.length > 0 && !residual.every(isColumnOrder)) {
    const lines = residual.map(describeDifference);
    return failed(proof, `the catalog is not as it was: ${sentence(lines)}`);
  }
  proof.losses.push(...claimedLosses(undoSource, up, stage.before.contents));
  const isTheirs = (each: Difference) => isMadeBy(each, state.contents, written);
  // A constraint that had to stay away cannot be dropped again; without writers none has to.
  const isDisturbed = residual.length < found.length;
  const again =
    isForeseen || isDisturbed ? undefined : await upAgain(rehearsal, copy, back, isTheirs);
  if (again?.isData) proof.findings.push({ kind: "up-again", text: again.why });
  else if (again !== undefined) return failed(proof, again.why);
  const verdict = proof.losses.length > 0 ? "lossy" : "exact";
  return { ...proof, verdict, ...(undoSource === "planned" && { inverse: up.inverse }) };
}

/** Whether the down itself says that it is not as it was, because of what was written since. */
function isTold({ object }: Difference, conflicts: readonly Conflict[]): boolean {
  const bare = (name: string) => name.replaceAll('"', "");
  return conflicts.some(
    ({ target, resolution }) =>
      bare(object) === `table ${bare(target)}` ||
      bare(resolution).startsWith(`${bare(object)} keeps `),
  );
}

function conflictFinding({ target, key, columns, resolution }: Conflict): Finding {
  const row = key === null ? "" : ` ${JSON.stringify(key)}`;
  const cells = columns === null ? "" : `, ${columns.join(", ")}`;
  return { kind: "conflict", text: `${target}${row}${cells}: ${resolution}` };
}

/** Some applications have triggers that make tables; what the writers' did is theirs. */
function isMadeBy({ object, fact, before }: Difference, earlier: Contents, later: Contents) {
  if (fact !== undefined || before !== undefined) return false;
  const names = (contents: Contents) => [
    ...contents.tables.map(({ name }) => `table ${name}`),
    ...contents.sequences.map(({ name }) => `sequence ${name}`),
  ];
  return names(later).includes(object) && !names(earlier).includes(object);
}

/** What the written statements do and the planned ones do not, or the other way round. */
async function unequalToVerbatim(
  { scratch, stage, migration }: Rehearsal,
  planned: State,
): Promise<string | undefined> {
  const verbatim = await stage.verbatim;
  const found = differences(verbatim.catalog, planned.catalog, "name").filter(
    (each) => !isColumnOrder(each),
  );
  if (found.length > 0) {
    return `the planned run ends in another catalog than the written one: ${sentence(found.map(describeDifference))}`;
  }
  const rows = sameRows(verbatim.contents, planned.contents);
  if (rows.length === 0) return undefined;
  // now(), random(): what differs between two runs of the same text says nothing.
  await using copy = await stage.copy.copy();
  await runVerbatim(scratch, copy, migration, stage.before.catalog);
  const noise = sameRows(verbatim.contents, (await readState(scratch, copy)).contents);
  const left = without(rows, noise);
  if (left.length === 0) return undefined;
  return `the planned run ends in other rows than the written one: ${left.map(shown).join(", ")}`;
}

function without(found: readonly UnequalColumn[], noise: readonly UnequalColumn[]) {
  const names = new Set(noise.map(shown));
  return found.filter((each) => !names.has(shown(each)));
}

function shown({ table, column }: UnequalColumn): string {
  return column === undefined ? table : `${table}.${column}`;
}

interface Again {
  why: string;
  /** A statement of the author's does not work on the rows that are there by now. */
  isData: boolean;
}

/** Undefined when the second up ends where the first did. */
async function upAgain(
  { scratch, actors, stage, migration }: Rehearsal,
  copy: Copy,
  { catalog }: State,
  isTheirs: (difference: Difference) => boolean,
): Promise<Again | undefined> {
  const up = await actors.up(copy.url, migration.version, { catalog });
  if (up.error) {
    const isData = up.error.code === "BELAY_STATEMENT";
    return { why: `up again: ${describe(up.error)}`, isData };
  }
  const now = await scratch.server.dialect.extract(await copy.looking());
  const verbatim = await stage.verbatim;
  const found = differences(verbatim.catalog, now, "name").filter(
    (each) => !isColumnOrder(each) && !isTheirs(each),
  );
  if (found.length > 0) {
    const why = `up again ends in another catalog: ${sentence(found.map(describeDifference))}`;
    return { why, isData: false };
  }
  const why = await finalized({ scratch, actors, stage }, copy, isTheirs);
  return why === undefined ? undefined : { why, isData: false };
}

/** What is written is what is there in the end, with nothing of Belay's own left. */
async function finalized(
  { scratch, actors, stage }: Pick<Rehearsal, "scratch" | "actors" | "stage">,
  copy: Copy,
  isTheirs: (difference: Difference) => boolean,
): Promise<string | undefined> {
  const { error } = await actors.finalize(copy.url);
  if (error) return `finalize: ${describe(error)}`;
  const { dialect, rehearsals } = scratch.server;
  const session = await copy.looking();
  const now = await dialect.extract(session);
  const found = differences((await stage.verbatim).catalog, now, "name").filter(
    (each) => !isColumnOrder(each) && !isTheirs(each),
  );
  const left = await rehearsals.leftovers(session);
  const lines = [...found.map(describeDifference), ...left.map((name) => `${name} is left`)];
  return lines.length === 0 ? undefined : `finalize ends in another catalog: ${sentence(lines)}`;
}

/**
 * What the plan says is lost although no row shows it: its tables were empty here, and are not
 * where the migration will run. A hand-written down may bring some of it back, and where rows were
 * there to tell, they told.
 */
function claimedLosses(source: UndoSource, up: Outcome, before: Contents): Loss[] {
  if (source === "planned") return up.losses;
  if (up.verdict === "exact") return [];
  const empty = before.tables.filter(({ rows }) => rows.length === 0).map(({ name }) => name);
  const bare = (name: string) => name.split(".").at(-1) ?? name;
  return up.losses.filter(({ object }) => empty.some((name) => object.includes(bare(name))));
}

function failed(proof: WayProof, why: string): WayProof {
  return { ...proof, verdict: "failed", why };
}

/** The place, the server's words, and the statement, which says what it was about. */
function describe(error: BelayError): string {
  const place = error.at === undefined ? "" : `${error.at}: `;
  const { statement } = error.details;
  if (typeof statement !== "string") return `${place}${messageOf(error)}`;
  const line = statement.replace(/\s+/g, " ").trim();
  const shown = line.length > 120 ? `${line.slice(0, 119)}…` : line;
  return `${place}${messageOf(error)}; in ${shown}`;
}

function sentence(lines: readonly string[]): string {
  const more = lines.length > 3 ? `; and ${lines.length - 3} more` : "";
  return `${lines.slice(0, 3).join("; ")}${more}`;
}
