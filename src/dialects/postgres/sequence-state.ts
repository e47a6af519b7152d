// Owns: the SQL that makes a sequence again, or gives it back its options and its place.

import type { Lookup } from "./kind.ts";
import { literal } from "./names.ts";

export interface SequenceState extends Record<string, unknown> {
  oid: string;
  /** Qualified, quoted. */
  name: string;
  type: string;
  /** `INCREMENT BY 1 MINVALUE 1 ...`, without its name and type. */
  options: string;
  /** `setval(...)` to where it stands now. */
  position: string;
}

/** Undefined when the oid is no sequence. */
export async function sequenceState(
  catalog: Lookup,
  oid: string,
): Promise<SequenceState | undefined> {
  const [found] = await catalog.rows<SequenceState>(
    `SELECT s.seqrelid::text AS oid, format('%I.%I', n.nspname, c.relname) AS name,
       format_type(s.seqtypid, NULL) AS type,
       format('INCREMENT BY %s MINVALUE %s MAXVALUE %s START WITH %s CACHE %s %s', s.seqincrement,
         s.seqmin, s.seqmax, s.seqstart, s.seqcache,
         CASE WHEN s.seqcycle THEN 'CYCLE' ELSE 'NO CYCLE' END) AS options
     FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid
       JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE s.seqrelid = $1::oid`,
    [oid],
  );
  if (!found) return undefined;
  // The place is in the sequence itself, not in the catalog.
  const [place] = await catalog.rows<{ last: string; called: boolean }>(
    `SELECT last_value::text AS last, is_called AS called FROM ${found.name}`,
  );
  const position = setvalSql(found.name, place?.last ?? "1", place?.called ?? false);
  return { ...found, position };
}

export function setvalSql(name: string, last: string, called: boolean): string {
  return `SELECT pg_catalog.setval(${literal(name)}, ${last}, ${called})`;
}

/** The oid of the sequence that belongs to a column (serial or identity). */
export async function ownedSequence(
  catalog: Lookup,
  table: { oid: string },
  column: string,
): Promise<string | undefined> {
  const [found] = await catalog.rows<{ oid: string }>(
    `SELECT d.objid::text AS oid FROM pg_depend d
       JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
       JOIN pg_class c ON c.oid = d.objid AND c.relkind = 'S'
     WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
       AND d.refobjid = $1::oid AND a.attname = $2::name AND d.deptype IN ('a', 'i')`,
    [table.oid, column],
  );
  return found?.oid;
}
