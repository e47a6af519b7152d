// Owns: a small shop that goes on while it is migrated: a real application with a health endpoint, whose
// queries are those of the version before the migration, and that counts what it has written.

import { once } from "node:events";
import { createServer } from "node:http";
import pg from "pg";
import { realEnvironment } from "../../src/core/environment.ts";

export const shopSchema = `
  CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer text NOT NULL,
    cents int NOT NULL, note text);
  INSERT INTO orders (customer, cents, note) SELECT 'c' || n, n, 'n' || n FROM generate_series(1, 500) n;`;

export interface Shop extends AsyncDisposable {
  /** Its health endpoint: 200 while its last transactions went well, else 500. */
  url: string;
  /** Keys of all orders whose insert was confirmed. */
  written: string[];
  /** Attempts that the database refused. */
  failed: number;
  /** Stops answering on its endpoint, or answers again on the same port. */
  silence(isSilent: boolean): void;
}

/** Orders come until it is closed; each is one transaction that also reads what the old version reads. */
export async function openShop(database: string): Promise<Shop> {
  const pool = new pg.Pool({ connectionString: database, max: 3, application_name: "shop" });
  pool.on("error", () => {});
  const shop = { written: [] as string[], failed: 0 };
  let isOpen = true;
  let isSilent = false;
  let recent: boolean[] = [];
  const work = async (worker: number) => {
    for (let n = 0; isOpen; n += 1) {
      const customer = `w${worker}-${n}`;
      try {
        const { rows } = await pool.query(
          "INSERT INTO orders (customer, cents, note) VALUES ($1, $2, 'x') RETURNING customer, cents, note",
          [customer, n % 2 === 0 ? 100 : -100],
        );
        shop.written.push(rows[0]?.customer);
        recent = [...recent.slice(-19), true];
      } catch {
        shop.failed += 1;
        recent = [...recent.slice(-19), false];
      }
      await realEnvironment.sleep(5);
    }
  };
  const workers = [work(1), work(2)];
  const server = createServer((request, response) => {
    if (isSilent) return request.socket.destroy();
    const good = recent.filter(Boolean).length;
    const isWell = good >= 0.8 * recent.length;
    response.writeHead(isWell ? 200 : 500).end(JSON.stringify({ good, of: recent.length }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return Object.assign(shop, {
    url: `http://127.0.0.1:${address.port}/health`,
    silence(silent: boolean) {
      isSilent = silent;
    },
    async [Symbol.asyncDispose]() {
      isOpen = false;
      await Promise.all(workers);
      server.closeAllConnections();
      server.close();
      await pool.end();
    },
  });
}
