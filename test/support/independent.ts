// Owns: a second opinion on a catalog, by a reader that is not ours: pg-delta's facts.

import { extract } from "@supabase/pg-delta";
import pg from "pg";

/** Facts of a database, Belay's own schema left out, as one comparable text per fact. */
export async function independentFacts(url: string): Promise<string[]> {
  const pool = new pg.Pool({ connectionString: url, max: 1 });
  // DROP DATABASE may be faster than the goodbye; without a listener that ends the test run.
  pool.on("error", () => {});
  try {
    const { factBase } = await extract(pool);
    return (
      [...factBase.facts()]
        .map((fact) => JSON.stringify(fact))
        .filter((fact) => !/"schema":"belay"|"name":"belay"/.test(fact))
        // The server's, on which other tests make theirs meanwhile.
        .filter((fact) => !/^{"id":{"kind":"(role|membership)"/.test(fact))
        .sort()
    );
  } finally {
    await pool.end();
  }
}
