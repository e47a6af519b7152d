import type { Catalog } from "../../src/core/catalog.ts";
import { extractCatalog } from "../../src/dialects/postgres/catalog/extract.ts";
import { connect } from "../../src/dialects/postgres/session.ts";

/** The whole catalog of a database, read from scratch. */
export async function catalogOf(url: string): Promise<Catalog> {
  const session = await connect({ url, applicationName: "test" });
  try {
    return await extractCatalog(session);
  } finally {
    await session.close();
  }
}
