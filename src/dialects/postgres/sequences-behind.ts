// Owns: which sequences would give a number that a row has already. Asked of those that belong to an
// indexed column alone, where the largest number is found at once, however many rows there are.

import type { Session } from "../dialect.ts";
import { literal, quote } from "./names.ts";
import { isOurSchema } from "./shelf-names.ts";

interface Owned {
  /** As SQL, and as people write it. */
  name: string;
  table: string;
  column: string;
  ascending: boolean;
  /** SQL: one that has never been asked begins with its first number; one that was, goes on behind its last. */
  next: string;
}

const owned = `
  SELECT c.oid::regclass::text AS name, d.refobjid::regclass::text AS table, a.attname::text AS column,
         s.seqincrement > 0 AS ascending,
         format('coalesce(pg_sequence_last_value(%s)::numeric + %s, %s)', c.oid, s.seqincrement, s.seqstart) AS next
    FROM pg_depend d
    JOIN pg_class c ON c.oid = d.objid AND c.relkind = 'S'
    JOIN pg_class t ON t.oid = d.refobjid AND t.relkind IN ('r', 'p')
    JOIN pg_namespace n ON n.oid = t.relnamespace
    JOIN pg_sequence s ON s.seqrelid = c.oid AND NOT s.seqcycle
    JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid AND NOT a.attisdropped
   WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
     AND d.deptype IN ('a', 'i') AND a.atttypid IN (20, 21, 23) AND NOT ${isOurSchema("n.nspname")}
     AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(t.oid, 'SELECT')
     AND CASE c.relkind WHEN 'S' THEN has_sequence_privilege(c.oid, 'SELECT') END
     AND EXISTS (SELECT FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am m ON m.oid = x.relam
                  WHERE i.indrelid = t.oid AND i.indisvalid AND m.amname = 'btree'
                    AND i.indkey[0] = a.attnum AND i.indpred IS NULL)
   ORDER BY 1`;

/** Their names, in order. Those that this role may not read are left out. */
export async function sequencesBehind(session: Session): Promise<string[]> {
  const all = await session.query<Owned & Record<string, unknown>>(owned);
  if (all.length === 0) return [];
  // The number in the same statement as the rows: it is read behind their snapshot, and nobody's insert
  // comes in between.
  const asked = all.map(({ name, table, column, ascending, next }) => {
    const [furthest, is] = ascending ? ["max", ">="] : ["min", "<="];
    return `SELECT ${literal(name)} AS name WHERE (SELECT ${furthest}(${quote(column)}) FROM ${table}) ${is} ${next}`;
  });
  const found = await session.query<{ name: string }>(asked.join(" UNION ALL "));
  return found.map(({ name }) => name).sort();
}
