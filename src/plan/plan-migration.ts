// Owns: a migration, or the record of one, as a plan.

import { BelayError } from "../core/errors.ts";
import type { Migration } from "../core/migration.ts";
import type { ConflictPolicy, Loss, Plan } from "../core/plan.ts";
import type { Dialect, Safety, Session } from "../dialects/dialect.ts";
import type { MigrationFinished } from "../journal/record.ts";
import { undoStatements } from "./reverse.ts";

export type UpPlan = Plan & { direction: "up" };
export type DownPlan = Plan & { direction: "down" };

/**
 * Reads the SQL; throws BELAY_SQL_* with the place in the file. Touches no server. `verbatim`: each
 * statement stays as it is written.
 */
export async function planUp(
  dialect: Dialect,
  migration: Migration,
  { verbatim = false, returning = false }: { verbatim?: boolean; returning?: boolean } = {},
): Promise<UpPlan> {
  return {
    ...{ version: migration.version, name: migration.name, direction: "up" },
    ...{ strategy: "transactional", path: migration.up.path },
    steps: await dialect.toSteps(migration.up, { keeping: !verbatim, returning }),
  };
}

/** Bytes; docs/configuration.md. */
const defaultOnlineAboveBytes = 64 * 1024 ** 2;

/**
 * The plan in which what would block others is carried out in a form that does not. Call it just
 * before the plan is executed: what is worth it depends on how large the tables are then.
 */
export async function inSafeForms(
  dialect: Dialect,
  session: Session,
  plan: UpPlan,
  { verbatim = false, onlineAboveBytes = defaultOnlineAboveBytes, keeping }: SafetyOptions,
): Promise<UpPlan> {
  if (verbatim) return plan;
  const safety = { onlineAboveBytes, ...(keeping && { keeping }) };
  const steps = await dialect.safely(session, plan.steps, safety);
  const isOnline = steps.some(({ statements }) => statements.some(({ form }) => form));
  return { ...plan, steps, strategy: isOnline ? "online" : plan.strategy };
}

interface SafetyOptions extends Partial<Pick<Safety, "onlineAboveBytes">> {
  verbatim?: boolean;
  keeping?: Safety["keeping"] | undefined;
}

export interface WayBack {
  plan: DownPlan;
  using: "planned" | "file";
}

/** `auto`: the planned inverse where it is exact, else the file's down. */
export type Using = "auto" | "planned" | "file";

/**
 * How a finished migration is taken back. Throws BELAY_UNDO_LOSS naming what the up destroyed, or
 * BELAY_UNDO_NONE when there is no such way.
 */
export async function planDown(
  dialect: Dialect,
  record: { version: string; finished?: MigrationFinished },
  migration: Migration | undefined,
  options: {
    using: Using;
    acceptLoss: boolean;
    onConflict?: ConflictPolicy | undefined;
    sizes: { session: Session; onlineAboveBytes?: number | undefined };
  },
  /** Those that still hold what was put there. */
  openShelves: ReadonlySet<string>,
): Promise<WayBack> {
  const { version, finished } = record;
  const name = finished?.name ?? migration?.name ?? "";
  const base = { version, name, direction: "down", strategy: "transactional" } as const;
  const isOver = (finished?.shelves ?? []).some((shelf) => !openShelves.has(shelf));
  if (isOver && (options.using === "planned" || !migration?.down)) {
    throw noWay(version, name, "its undo window has ended, and what it had put aside is destroyed");
  }
  const isExact = finished?.verdict === "exact" && !isOver;
  if (options.using !== "file" && (isExact || options.using === "planned" || !migration?.down)) {
    if (finished === undefined)
      throw noWay(version, name, "another tool applied it, so no inverse was recorded");
    if (!isExact) refuseUnlessAccepted(version, finished, options.acceptLoss, migration);
    const { onConflict } = options;
    const { session, onlineAboveBytes = defaultOnlineAboveBytes } = options.sizes;
    const sizes = { session, onlineAboveBytes };
    const steps = await dialect.undoToSteps(undoStatements(finished.undo), { onConflict, sizes });
    return { plan: { ...base, steps }, using: "planned" };
  }
  if (migration?.down === undefined) throw noWay(version, name, "its author wrote no down");
  const steps = await dialect.toSteps(migration.down, { keeping: true });
  return { plan: { ...base, path: migration.down.path, steps }, using: "file" };
}

function refuseUnlessAccepted(
  version: string,
  finished: MigrationFinished,
  acceptLoss: boolean,
  migration: Migration | undefined,
): void {
  const label = `${version} ${finished.name}`;
  const file = migration?.down === undefined ? "" : " The file's own down: --using file.";
  if (finished.verdict === "irreversible") {
    const whys = finished.undo.flatMap(({ undo }) =>
      undo.kind === "irreversible" ? [undo.why] : [],
    );
    throw noWay(version, finished.name, [...new Set(whys)].join("; "), file);
  }
  if (acceptLoss) return;
  throw new BelayError(
    "BELAY_UNDO_LOSS",
    `Migration ${label} has lost: ${lossList(finished.losses)}`,
    {
      state: "Nothing was changed now.",
      hint: `--accept-loss takes back the rest; what is named stays lost.${file}`,
      details: { version, losses: finished.losses },
    },
  );
}

/** `column users.email (12 rows): dropped`, one after the other. */
export function lossList(losses: readonly Loss[]): string {
  return losses
    .map(({ object, rows, estimated, why }) => {
      const count = rows === null ? "rows unknown" : `${estimated ? "about " : ""}${rows} rows`;
      return `${object} (${count}): ${why}`;
    })
    .join("; ");
}

function noWay(version: string, name: string, why: string, more = ""): BelayError {
  return new BelayError(
    "BELAY_UNDO_NONE",
    `Migration ${version} ${name} cannot be taken back: ${why}`,
    {
      state: "Nothing was changed now.",
      hint: `Write a migration that goes forward to where you want to be.${more}`,
      details: { version },
    },
  );
}
