// Owns: showing what `up` (or `down`) would run, statement by statement. Changes nothing.

import {
  destroyedBy,
  type Fill,
  type Form,
  keptOf,
  type Lock,
  type LockMode,
  type Loss,
  lossesOf,
  strongest,
  type Undo,
  type Verdict,
  verdictOf,
} from "../core/plan.ts";
import type { Dialect, Session } from "../dialects/dialect.ts";
import { foresee, type LookingAhead, undoAhead } from "../engine/losses.ts";
import { keepingOf } from "../engine/step.ts";
import { stateOf } from "../journal/state.ts";
import { readRecords } from "../journal/store.ts";
import { compare } from "../plan/compare.ts";
import { composeUndo } from "../plan/compose.ts";
import { inSafeForms, planUp } from "../plan/plan-migration.ts";
import { type DownOptions, wayBack } from "./down.ts";
import { backTo, loadFolder, loadFolderIfAny, unknownVersion, upTo } from "./migrations.ts";
import type { Settings } from "./settings.ts";
import { withSession } from "./target.ts";

export interface PlanStatement {
  /** As written. */
  sql: string;
  /** What runs: the statement, or what keeps what it would destroy. */
  runs: string[];
  line: number;
  /** Verb-noun and object, e.g. `drop-column users.email`. */
  changes: string[];
  locks: Lock[];
  scans: boolean;
  rewrites: boolean;
  undo: Undo;
  /** The undo's SQL is completed from the catalog when the statement runs. */
  undoFromCatalog: boolean;
  /** In which form it is carried out, so that it does not block, and why; this is a part of it. */
  form?: Pick<Form, "name" | "why">;
  /** What rows get that are born while the columns that it drops are hidden. */
  fills?: Fill[];
  /** Why it blocks others for long, in the form in which it is written. */
  blocks?: string;
}

export interface PlanStep {
  id: string;
  /** `transaction`, or the kind of the one statement that runs outside of one. */
  kind: string;
  sql: string;
  transactional: boolean;
  /** The strongest table lock that it takes; null: none. */
  lock: string | null;
  undo: { kind: Verdict; sql: string[] };
  statements: PlanStatement[];
}

export interface PlannedMigration {
  version: string;
  name: string;
  strategy: string;
  verdict: Verdict;
  steps: PlanStep[];
  losses: Loss[];
  /**
   * For which `up` asks for `--accept-loss`, as far as that can be told before it runs; null for
   * what is not next, and for a way back.
   */
  destroys: Loss[] | null;
}

export interface PlanResult {
  direction: "up" | "down";
  migrations: PlannedMigration[];
  notes: string[];
}

/** `version`: only that one; `to`: up to there. Rows at stake are counted for the next migration. */
export async function planUpcoming(
  settings: Settings,
  options: { version?: string; to?: string },
): Promise<PlanResult> {
  const folder = await loadFolder(settings);
  const { migrations, format, notes } = folder;
  return withSession(settings, async (session, { dialect }) => {
    const state = stateOf(await readRecords(session));
    const { pending } = compare(migrations, state, format.compare);
    const { version } = options;
    const chosen =
      version === undefined
        ? upTo(pending, options.to, folder)
        : migrations.filter((each) => format.compare(each.version, version) === 0);
    if (version !== undefined && chosen.length === 0) throw unknownVersion(version);
    const planned: PlannedMigration[] = [];
    for (const migration of chosen) {
      const looking = await lookOf(settings, dialect, session);
      const written = await planUp(dialect, migration, settings);
      const keeping = keepingOf(looking);
      const plan = await inSafeForms(dialect, session, written, { ...settings, keeping });
      const look = migration === pending[0] ? looking : undefined;
      planned.push({
        ...(await shown(plan, look)),
        destroys: look ? await destroyed(plan, look) : null,
      });
    }
    return { direction: "up", migrations: planned, notes };
  });
}

/** What `down` would run. Throws as `down` would where there is no way back. */
export async function planBack(
  settings: Settings,
  options: Pick<DownOptions, "target" | "using" | "acceptLoss">,
): Promise<PlanResult> {
  const { migrations, compare: order } = await loadFolderIfAny(settings);
  return withSession(settings, async (session, { dialect }) => {
    const state = stateOf(await readRecords(session));
    const planned: PlannedMigration[] = [];
    for (const [index, each] of backTo(state, options.target, order).entries()) {
      const { plan } = await wayBack({ session, dialect }, each, state.shelves, migrations, {
        ...options,
        onlineAboveBytes: settings.onlineAboveBytes,
      });
      const look = index === 0 ? await lookOf(settings, dialect, session) : undefined;
      planned.push(await shown(plan, look));
    }
    return { direction: "down", migrations: planned, notes: [] };
  });
}

type Plan = Awaited<ReturnType<typeof planUp>> | Awaited<ReturnType<typeof wayBack>>["plan"];

async function lookOf(settings: Settings, dialect: Dialect, session: Session) {
  const { verbatim, environment, onlineAboveBytes } = settings;
  const keeps = !verbatim && (await dialect.refusesKeeping(session)) === undefined;
  return {
    ...{ dialect, session, environment, keeps },
    ...(onlineAboveBytes !== undefined && { onlineAboveBytes }),
  };
}

async function destroyed(plan: Plan, look: LookingAhead): Promise<Loss[]> {
  return destroyedBy(await foresee(look, plan));
}

async function shown(plan: Plan, look: LookingAhead | undefined): Promise<PlannedMigration> {
  const steps: PlanStep[] = [];
  for (const { id, transactional, statements } of plan.steps) {
    const seen: PlanStatement[] = [];
    for (const statement of statements) {
      const { line, scans, rewrites, form, fills, blocks } = statement;
      const sql = form?.written ?? statement.sql;
      const changes = statement.changes.map(({ kind, object }) => `${kind} ${object}`.trim());
      const undo = await foreseen(statement, look);
      const undoFromCatalog = statement.undoFromCatalog === true;
      const { before = [], instead = [statement.sql], after = [], lock } = keptOf(undo) ?? {};
      const locks = statement.locks.map((each) => ({ ...each, mode: heldMode(each, lock) }));
      const runs = [...before, ...instead, ...after];
      seen.push({
        ...{ sql, runs, line, changes, locks, scans, rewrites, undo, undoFromCatalog },
        ...(form && { form: { name: form.name, why: form.why } }),
        ...(fills && { fills }),
        ...(blocks !== undefined && { blocks }),
      });
    }
    const undos = composed(statements, seen);
    steps.push({
      id,
      kind: transactional ? "transaction" : (statements[0]?.changes[0]?.kind ?? "statement"),
      sql: seen.flatMap(({ runs }) => runs.map((each) => `${each};`)).join("\n"),
      transactional,
      lock: strongest(seen.flatMap((each) => each.locks)),
      undo: {
        kind: verdictOf(undos),
        sql: undos
          .toReversed()
          .flatMap((undo) => ("sql" in undo ? undo.sql.map((each) => each.sql) : [])),
      },
      statements: seen,
    });
  }
  const all = plan.steps.flatMap((step) => step.statements);
  const undos = composed(
    all,
    steps.flatMap((step) => step.statements),
  );
  return {
    ...{ version: plan.version, name: plan.name, strategy: plan.strategy },
    ...{ verdict: verdictOf(undos), steps, losses: lossesOf(undos), destroys: null },
  };
}

/** The tables that a statement writes to are locked for what keeps their rows. */
function heldMode({ mode }: Lock, lock: LockMode | undefined): LockMode {
  return mode === "ROW EXCLUSIVE" ? (lock ?? mode) : mode;
}

function composed(statements: Plan["steps"][number]["statements"], seen: readonly PlanStatement[]) {
  const entries = statements.map(({ line, changes }, index) => ({
    ...{ line, changes, searchPath: [] },
    undo: seen[index]?.undo ?? { kind: "exact" as const, sql: [] },
  }));
  return composeUndo(entries, []).map((entry) => entry.undo);
}

/**
 * What the catalog says of it now, where it can be asked: definitions of what goes, rows at stake.
 * Where it finds nothing, an earlier statement is still to make it, and the text has to do.
 */
async function foreseen(
  statement: Plan["steps"][number]["statements"][number],
  look: LookingAhead | undefined,
): Promise<Undo> {
  if (look === undefined || !statement.undoFromCatalog) return statement.undo;
  try {
    const undo = await undoAhead(look, statement);
    return undo.kind === "exact" && undo.sql.length === 0 ? statement.undo : undo;
  } catch {
    return statement.undo;
  }
}
