// Owns: the stories of the guard. The same shop each time, and a migration that runs well and harms it.

import type { Session } from "../../dialects/dialect.ts";
import type { Scenario, Stage } from "./scenario.ts";

interface Bad {
  name: string;
  summary: string;
  /** What will happen, for people. */
  omen: string;
  migration: string;
  /** Something that is there before `up` begins; returned is what ends it. */
  before?: (session: Session) => Promise<() => Promise<void>>;
  /** More words for `belay up`. */
  words?: string[];
}

const shop = `CREATE TABLE orders (
  id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer text NOT NULL,
  cents    int NOT NULL,
  note     text
);
`;

/** Half of the orders are refunds, with negative amounts; each reads its note back. */
const work = {
  write: `INSERT INTO orders (customer, cents, note)
          SELECT $1, 100 * sign(random() - 0.5), 'x' RETURNING id, note`,
  names: "SELECT customer AS name FROM orders",
};

function watched(bad: Bad): Scenario {
  const { name, summary } = bad;
  return { name, summary, play: (stage) => play(stage, bad) };
}

async function play(stage: Stage, bad: Bad): Promise<void> {
  stage.say("A shop that takes orders all the time, and says on a health endpoint how it is:");
  await stage.write("0001_orders.up.sql", shop);
  await stage.belay("up");
  await using application = await stage.application(work);
  await stage.write(
    "belay.config.json",
    `${JSON.stringify(configuration(application.healthUrl), null, 2)}\n`,
  );
  await using session = await stage.connect("report");
  const end = await bad.before?.(session);
  stage.say(bad.omen);
  await stage.write("0002_change.up.sql", `${bad.migration};\n`);
  const status = await stage.belay("up", "--watch", "1m", ...(bad.words ?? []));
  await end?.();
  stage.say(`Exit status ${status}. What became of the orders:`);
  stage.say(
    `  ${application.confirmed()} were confirmed, ${application.refused()} refused meanwhile.\n  Of the confirmed ones, ${await application.missing()} are missing.`,
  );
  stage.say("What happened when, and on what grounds:");
  await stage.belay("report");
}

/** Five samples a second, so that the story is short. */
function configuration(url: string) {
  const smoke = { orders: { kind: "sql", sql: "SELECT count(note) > 0 FROM orders" } };
  const notes = { kind: "sql", sql: "SELECT count(note) >= 0 FROM orders WHERE id < 0" };
  const signals = { shop: { kind: "http", url }, notes };
  return { guard: { intervalMs: 200, baselineReadings: 30, quietMs: 1_000, signals, smoke } };
}

export const badRename = watched({
  name: "undefined-column",
  summary: "a renamed column breaks the application's queries; the guard notices and takes it back",
  omen: "The application of today reads the note. Somebody renames it too early:",
  migration: "ALTER TABLE orders RENAME COLUMN note TO remark",
});

export const badConstraint = watched({
  name: "broken-inserts",
  summary: "a constraint breaks the application's inserts; the guard notices and takes it back",
  omen: "Amounts are never negative, thinks the author. Refunds are:",
  migration: "ALTER TABLE orders ADD CONSTRAINT orders_cents CHECK (cents >= 0) NOT VALID",
});

export const lockQueue = watched({
  name: "lock-queue",
  summary: "a migration waits behind a report, and everybody behind the migration; it is cancelled",
  omen: "A report reads the orders for minutes. The migration has to wait for it, and has been told to\nwait patiently; so everybody else waits behind the migration:",
  migration: "ALTER TABLE orders ADD COLUMN shipped timestamptz",
  words: ["--lock-timeout", "5m", "--lock-budget", "10m"],
  async before(session) {
    await session.run("BEGIN; SELECT count(*) FROM orders");
    return async () => void (await session.run("COMMIT"));
  },
});
