// Owns: the users' triggers that a write of an undo's would fire: which they are, and a block in which
// they are off. They would stamp `updated_at`, write audit rows, or leave a row as it is.

import { isInternal } from "./internal-trigger.ts";
import { literal } from "./names.ts";

/**
 * SQL: `target`, `name` (both quoted) and `state` of those on the tables `roots`, their partitions and
 * children, and, with `cascades`, on what keys hand an UPDATE down to.
 */
export function usersTriggers(roots: string, cascades: boolean): string {
  const referrers = `
          UNION ALL
            SELECT conrelid FROM pg_catalog.pg_constraint
              WHERE contype = 'f' AND confrelid = r.oid AND confupdtype = 'c'`;
  return `WITH RECURSIVE reached(oid) AS (
        SELECT unnest(ARRAY[${roots}])
      UNION
        SELECT next.oid FROM reached AS r CROSS JOIN LATERAL (
            SELECT inhrelid FROM pg_catalog.pg_inherits WHERE inhparent = r.oid${cascades ? referrers : ""}) AS next(oid))
    SELECT format('%I.%I', n.nspname, c.relname) AS target, format('%I', g.tgname) AS name, g.tgenabled AS state
    FROM reached AS r JOIN pg_catalog.pg_trigger g ON g.tgrelid = r.oid
      JOIN pg_catalog.pg_class c ON c.oid = r.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE NOT ${isInternal("g")} AND g.tgenabled <> 'D'
    -- Some versions hand a partitioned table's state down: its partitions get theirs after it.
    ORDER BY (SELECT count(*) FROM pg_catalog.pg_partition_ancestors(r.oid)), 1, 2`;
}

/** PL/pgSQL: turns off the trigger in the record `each`, and appends what turns it on to `held`. */
export function turnOff(each: string, held: string): string {
  return `EXECUTE format('ALTER TABLE ONLY %s DISABLE TRIGGER %s', ${each}.target, ${each}.name);
    ${held} := ${held} || format('ALTER TABLE ONLY %s ENABLE %s TRIGGER %s', ${each}.target,
      CASE ${each}.state WHEN 'A' THEN 'ALWAYS' WHEN 'R' THEN 'REPLICA' ELSE '' END, ${each}.name);`;
}

/**
 * A block for PL/pgSQL that writes to the table (qualified, quoted), which is locked. Checks that are
 * still to be run would keep it from being altered behind that.
 */
export function untriggered(table: string, statements: readonly string[]): string {
  const root = `${literal(table)}::pg_catalog.regclass::oid`;
  return `DECLARE
  belay_each record;
  belay_held text[] := '{}';
  belay_on text;
BEGIN
  SET CONSTRAINTS ALL IMMEDIATE;
  FOR belay_each IN
    ${usersTriggers(root, false)}
  LOOP
    ${turnOff("belay_each", "belay_held")}
  END LOOP;
${statements.map((sql) => `  ${sql};`).join("\n")}
  FOREACH belay_on IN ARRAY belay_held LOOP EXECUTE belay_on; END LOOP;
END`;
}
