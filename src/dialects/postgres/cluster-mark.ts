// Owns: the mark that says which index a table was last clustered by.

import { exactly, type Undo } from "../../core/plan.ts";
import type { Lookup } from "./kind.ts";
import type { Relation } from "./relation.ts";

export async function restoreCluster(catalog: Lookup, table: Relation): Promise<Undo> {
  const [marked] = await catalog.rows<{ name: string }>(
    `SELECT quote_ident(c.relname) AS name FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid
     WHERE x.indrelid = $1::oid AND x.indisclustered`,
    [table.oid],
  );
  const clause = marked ? `CLUSTER ON ${marked.name}` : "SET WITHOUT CLUSTER";
  return exactly(`ALTER TABLE ${table.sql} ${clause}`);
}
