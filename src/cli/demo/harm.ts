// Owns: the shape of the guard's stories, and how one is played: the same shop each time, and a migration
// that runs well and harms it. Tests play them too, on servers of their own.

import type { GuardConfig } from "../../guard/options.ts";
import type { Work } from "./application.ts";
import type { Place, Scenario, Stage } from "./scenario.ts";

/** Something that is there beside the application. */
export interface Surroundings extends AsyncDisposable {
  /** More figures of the application's health endpoint. */
  figures?: () => Promise<Record<string, number>>;
}

export interface Harm {
  name: string;
  summary: string;
  /** What will happen, for people. */
  omen: string;
  /** The shop's tables; default {@link shop}. */
  schema?: string;
  /** Statements that bring rows which are there before. */
  rows?: readonly string[];
  work?: Work;
  /** Sessions of the application. */
  sessions?: number;
  migration: string;
  /** Begins before the application does. */
  surroundings?: (place: Place) => Promise<Surroundings>;
  /** Of `up`; default: the usual ones. */
  limits?: { lockTimeoutMs: number; lockBudgetMs: number };
  /** `p95Ms`: of the application, as it is before. */
  guard(url: string, p95Ms: number): GuardConfig;
}

export const shop = `CREATE TABLE orders (
  id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer text NOT NULL,
  cents    int NOT NULL,
  note     text
);
`;

/** Half of the orders are refunds, with negative amounts; each reads its note back. */
export const work: Work = {
  write: `INSERT INTO orders (customer, cents, note)
          SELECT $1, 100 * sign(random() - 0.5), 'x' RETURNING id, note`,
  names: "SELECT customer AS name FROM orders",
};

/** Five samples a second, so that the story is short. */
export const pace = { intervalMs: 200, baselineReadings: 30, quietMs: 1_000 };

/** What the application says of itself, and a query of its own; afterwards its old version has to work. */
export function usualGuard(url: string): GuardConfig {
  const smoke = { orders: { kind: "sql", sql: "SELECT count(note) > 0 FROM orders" } };
  const notes = { kind: "sql", sql: "SELECT count(note) >= 0 FROM orders WHERE id < 0" };
  return { ...pace, signals: { shop: { kind: "http", url }, notes }, smoke };
}

export function storyOf(harm: Harm): Scenario {
  const { name, summary } = harm;
  return { name, summary, play: (stage) => play(stage, harm) };
}

async function play(stage: Stage, harm: Harm): Promise<void> {
  stage.say("A shop that takes orders all the time, and says on a health endpoint how it is:");
  await stage.write("0001_orders.up.sql", harm.schema ?? shop);
  await stage.belay("up");
  for (const sql of harm.rows ?? []) await stage.sql(sql);
  stage.say(harm.omen);
  await using around = await harm.surroundings?.(stage.place);
  const figures = around?.figures && { figures: around.figures };
  await using application = await stage.application(
    { ...(harm.work ?? work), ...figures },
    harm.sessions,
  );
  const guard = harm.guard(application.url, await application.usualP95Ms());
  await stage.write("belay.config.json", `${JSON.stringify({ guard }, null, 2)}\n`);
  await stage.write("0002_change.up.sql", `${harm.migration};\n`);
  const status = await stage.belay("up", "--watch", "1m", ...patience(harm));
  stage.say(`Exit status ${status}. What became of the orders:`);
  const missing = await application.missing();
  stage.say(
    `  ${application.written.length} were confirmed, ${application.refused()} refused meanwhile.\n  Of the confirmed ones, ${missing} are missing.`,
  );
  stage.say("What happened when, and on what grounds:");
  await stage.belay("report");
}

function patience({ limits }: Harm): string[] {
  if (limits === undefined) return [];
  const { lockTimeoutMs, lockBudgetMs } = limits;
  return ["--lock-timeout", `${lockTimeoutMs}ms`, "--lock-budget", `${lockBudgetMs}ms`];
}
