// Owns: a small shop that goes on while it is migrated: the application of the demos, with queries of the
// version before the migration.

import { type Application, openApplication, type Work } from "../../src/cli/demo/application.ts";
import { realEnvironment } from "../../src/core/environment.ts";
import { BelayError } from "../../src/core/errors.ts";
import type { Session } from "../../src/dialects/dialect.ts";
import { postgres } from "../../src/dialects/postgres/dialect.ts";

export const shopSchema = `
  CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer text NOT NULL,
    cents int NOT NULL, note text);
  INSERT INTO orders (customer, cents, note) SELECT 'c' || n, n, 'n' || n FROM generate_series(1, 500) n;`;

/** Half of the orders are refunds; each reads its note back, as the old version does. */
export const shopWork: Work = {
  write: `INSERT INTO orders (customer, cents, note)
          SELECT $1, 100 * sign(random() - 0.5), 'x' RETURNING customer, cents, note`,
  names: "SELECT customer AS name FROM orders",
};

/** Connects again when it has lost its connection, as a pool does. */
function lastingSession(url: string) {
  let session: Promise<Session> | undefined;
  const connect = () => postgres.connect({ url, applicationName: "shop" });
  const query: Session["query"] = async (...given) => {
    session ??= connect();
    const asked = session;
    try {
      return await (await asked).query(...given);
    } catch (error) {
      const isLost = error instanceof BelayError || postgres.trouble(error).kind === "connection";
      if (isLost && session === asked) {
        session = undefined;
        asked.then((lost) => lost.destroy()).catch(() => {});
      }
      throw error;
    }
  };
  return { query, close: async () => (await session?.catch(() => undefined))?.close() };
}

/** Orders come until it is closed, in as many sessions. */
export async function openShop(
  database: string,
  work: Work = shopWork,
  sessions = 2,
): Promise<Application> {
  const opened = Array.from({ length: sessions }, () => lastingSession(database));
  const application = await openApplication(opened, realEnvironment, work);
  const close = async () => {
    await application[Symbol.asyncDispose]();
    await Promise.all(opened.map((session) => session.close()));
  };
  return { ...application, [Symbol.asyncDispose]: close };
}
