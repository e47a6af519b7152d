// Owns: how far sequences have come. Reads no table, however many rows there are, and gives way to whoever
// has a sequence locked.

import type { SequenceNumbers, Session } from "../dialect.ts";
import { isOurSchema } from "./shelf-names.ts";

/** More of them would be a burden to the journal. */
const most = 500;

const [lockMs, statementMs] = [500, 2_000];

/**
 * By name: the last number that each has given, as text; null: none yet, or it begins anew. Only of those
 * that belong to a column, which nobody sets back in ordinary work.
 */
export async function sequenceNumbers(session: Session): Promise<SequenceNumbers> {
  await session.run(`BEGIN READ ONLY;
    SET LOCAL lock_timeout = ${lockMs}; SET LOCAL statement_timeout = ${statementMs}`);
  let isDone = false;
  try {
    const rows = await session.query<{ name: string; ascending: boolean; last: string | null }>(
      `SELECT format('%I.%I', n.nspname, c.relname) AS name, s.seqincrement > 0 AS ascending,
              CASE WHEN has_sequence_privilege(s.seqrelid, 'SELECT')
                   THEN pg_sequence_last_value(s.seqrelid)::text END AS last
         FROM pg_sequence s
         JOIN pg_class c ON c.oid = s.seqrelid AND c.relpersistence <> 't'
         JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE NOT s.seqcycle AND NOT ${isOurSchema("n.nspname")}
          AND EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
            AND d.refclassid = 'pg_class'::regclass AND d.objid = s.seqrelid AND d.deptype IN ('a', 'i'))
        ORDER BY s.seqrelid LIMIT ${most}`,
    );
    isDone = true;
    return Object.fromEntries(rows.map(({ name, ...each }) => [name, each]));
  } finally {
    // A rollback would count as one where failures are watched.
    await session.run(isDone ? "COMMIT" : "ROLLBACK");
  }
}
