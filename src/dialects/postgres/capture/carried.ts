// Owns: what is left to do when rows of a table made anew have been merged into the old one: telling
// what did not arrive as it was written, validating what missed them, moving sequences on.

import { literal } from "../names.ts";
import type { ShelfId } from "../shelf-names.ts";
import { differs, hasKey, newCell, oldCell, stored } from "./cells.ts";
import { keyJson } from "./conflicts.ts";
import { doBlock, inShelf } from "./shelf.ts";
import type { Target } from "./targets.ts";

/** What the server has fitted into a narrower type without a word, and nobody has told yet. */
export function rounded(id: ShelfId, target: Target): string {
  const { number, columns, key, sql, shown } = target;
  const cells = columns.map((column, at) => {
    const [written, now] = [`r.${oldCell(at)}`, stored(column, "t")];
    const isOther = `(${differs(column, written, `r.${newCell(at)}`)}) AND (${differs(column, now, written)})`;
    return `(${literal(column.name)}, to_jsonb(${written}), to_jsonb(${now}), ${isOther})`;
  });
  const keyOfRow = keyJson(target, "r", oldCell);
  return `INSERT INTO belay.conflict (shelf, target, resolution, key, columns, theirs, ours, why)
  SELECT ${literal(id)}, ${literal(shown)}, 'carried over rounded', ${keyOfRow}, c.names, c.theirs, c.ours, 'its type is narrower'
  FROM ${inShelf(id, "rows", number)} AS r JOIN ${sql} AS t ON ${hasKey(key, "t", "r", oldCell)}
    CROSS JOIN LATERAL (SELECT array_agg(v.name ORDER BY v.name) AS names,
        jsonb_object_agg(v.name, v.theirs) AS theirs, jsonb_object_agg(v.name, v.ours) AS ours
      FROM (VALUES ${cells.join(", ")}) AS v(name, theirs, ours, is_other)
      WHERE v.is_other AND NOT EXISTS (SELECT FROM belay.conflict AS k
        WHERE k.transaction = pg_current_xact_id() AND k.target = ${literal(shown)} AND k.key = ${keyOfRow}
          AND (k.columns IS NULL OR v.name = ANY (k.columns)))) AS c
  WHERE r.event <> 'i' AND c.names IS NOT NULL`;
}

/** Before the rows came over, a foreign key may have missed them. */
export const validatedAgain = doBlock(`DECLARE
  each record;
BEGIN
  FOR each IN
    SELECT c.ctid AS place, k.conrelid::pg_catalog.regclass AS target, k.conname AS name
    FROM belay.conflict c JOIN pg_catalog.pg_constraint k
      ON pg_catalog.starts_with(c.resolution, k.conname || ' is NOT VALID: ')
    WHERE c.transaction = pg_catalog.pg_current_xact_id() AND c.key IS NULL AND NOT k.convalidated
      -- Of this transaction, or of a savepoint in it.
      AND pg_catalog.age(k.xmin) <= pg_catalog.age(pg_catalog.pg_current_xact_id()::pg_catalog.xid)
  LOOP
    BEGIN
      EXECUTE pg_catalog.format('ALTER TABLE %s VALIDATE CONSTRAINT %I', each.target, each.name);
      DELETE FROM belay.conflict WHERE ctid = each.place;
    EXCEPTION WHEN check_violation OR foreign_key_violation THEN NULL;
    END;
  END LOOP;
END`);

/** The next number must be none that has come over. */
export function sequencesAhead({ sql, columns }: Target): string {
  const names = columns.map(({ name }) => literal(name)).join(", ");
  return doBlock(`DECLARE
  each record;
  highest bigint;
BEGIN
  FOR each IN
    SELECT a.attname AS name, s.seqrelid::pg_catalog.regclass AS sequence, s.seqincrement AS step
    FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_sequence s ON s.seqrelid = d.objid
      JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype IN ('a', 'i')
      AND d.refobjid = ${literal(sql)}::pg_catalog.regclass AND a.attname = ANY (ARRAY[${names}])
      AND s.seqincrement > 0
      AND a.atttypid = ANY ('{int2,int4,int8}'::pg_catalog.regtype[]::pg_catalog.oid[])
  LOOP
    EXECUTE pg_catalog.format('SELECT max(%I) FROM %s', each.name, ${literal(sql)}) INTO highest;
    IF highest > coalesce(pg_catalog.pg_sequence_last_value(each.sequence), 0) THEN
      PERFORM pg_catalog.setval(each.sequence, highest);
    END IF;
  END LOOP;
END`);
}
