// Owns: undoing ADD PRIMARY KEY and ADD UNIQUE, which do more than add a constraint: a primary key
// puts NOT NULL on its columns, and USING INDEX makes an index of its own into the constraint's.

import { exactly, type Undo } from "../../core/plan.ts";
import { recallDrop } from "./added-constraint.ts";
import { constraintOf, onTable } from "./alter-table.ts";
import { composeUndos } from "./compose.ts";
import { looseIndexes, recreateAttached } from "./created-index.ts";
import { recreateIndex } from "./index-definition.ts";
import type { Lookup, TableCommand, Unsettled } from "./kind.ts";
import { parts } from "./names.ts";
import { undoNotNull } from "./not-null.ts";
import type { Relation } from "./relation.ts";

interface UsedIndex extends Record<string, unknown> {
  oid: string;
  columns: string[];
}

export function recallKeyDrop(
  node: TableCommand,
  catalog: Lookup,
  type: "p" | "u",
): Promise<Undo | Unsettled> {
  return onTable(node, catalog, async (table) => {
    const constraint = constraintOf(node.command);
    const index = constraint?.indexname
      ? await usedIndex(catalog, table, constraint.indexname)
      : undefined;
    const columns = index?.columns ?? parts(constraint?.keys);
    const rest: Undo[] = [];
    // In the order of doing: what stands first here is undone last.
    if (index) rest.push(exactly(...((await recreateIndex(catalog, index.oid)) ?? [])));
    if (type === "p") rest.push(exactly(...(await undoNotNull(node, catalog, table, columns))));
    const drop = await recallDrop(named(node), catalog, type);
    const loose = await looseIndexes(catalog, table);
    const known = "settle" in drop ? drop.undo : drop;
    if (!("settle" in drop) && loose.length === 0) return composeUndos([...rest, drop]);
    return {
      undo: composeUndos([...rest, known]),
      async settle(after) {
        const dropped = "settle" in drop ? await drop.settle(after) : drop;
        // Keys of partitions that it has taken in go when it goes.
        return composeUndos([...rest, await recreateAttached(after, loose), dropped]);
      },
    };
  });
}

/** USING INDEX without a name keeps the index's. */
function named(node: TableCommand): TableCommand {
  const constraint = constraintOf(node.command);
  if (!constraint?.indexname || constraint.conname) return node;
  const def = { Constraint: { ...constraint, conname: constraint.indexname } };
  return { ...node, command: { ...node.command, def } };
}

async function usedIndex(
  catalog: Lookup,
  table: Relation,
  name: string,
): Promise<UsedIndex | undefined> {
  const [found] = await catalog.rows<UsedIndex>(
    `SELECT c.oid::text, (SELECT array_agg(a.attname::text ORDER BY k.place)
         FROM unnest(x.indkey::int2[]) WITH ORDINALITY k(number, place)
         JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.number
         WHERE k.place <= x.indnkeyatts) AS columns
     FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid
     WHERE x.indrelid = $1::oid AND c.relname = $2::name`,
    [table.oid, name],
  );
  return found;
}
