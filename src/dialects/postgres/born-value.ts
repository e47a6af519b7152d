// Owns: whether a row that is written without a column gets a value there at all: a default may fail
// (`current_setting('app.tenant')`, one that a type change has made too long), and a domain may refuse
// to be empty. Who inserts without a column that was dropped must not meet with either.

import { dollar } from "./capture/shelf.ts";
import type { Lookup } from "./kind.ts";

/**
 * Computes the value as an INSERT would, and takes back whatever that does. `type`: as
 * `format_type` gives it. `expression`: null: empty.
 */
export async function isRefused(
  catalog: Lookup,
  type: string,
  expression: string | null,
): Promise<boolean> {
  // Read only transactions say nothing of a default that writes.
  const block = `BEGIN
  PERFORM pg_catalog.set_config('belay.born', 'refused', false);
  DECLARE
    belay_value ${type} := ${expression ?? "NULL"};
  BEGIN
    RAISE SQLSTATE 'BLY00';
  END;
EXCEPTION WHEN SQLSTATE 'BLY00' OR read_only_sql_transaction THEN
  PERFORM pg_catalog.set_config('belay.born', 'taken', false);
WHEN OTHERS THEN
  IF left(SQLSTATE, 2) IN ('08', '40', '53', '57', '58', 'XX') OR SQLSTATE = '55P03' THEN RAISE; END IF;
  PERFORM pg_catalog.set_config('belay.born', 'refused', false);
END`;
  await catalog.rows(`DO ${dollar(block)}`);
  const [found] = await catalog.rows<{ refused: boolean }>(
    "SELECT current_setting('belay.born') = 'refused' AS refused",
  );
  return found?.refused ?? false;
}

/** What a domain is over, which refuses nothing; its own default, which a column has without one. */
export interface DomainFacts extends Record<string, unknown> {
  /** With its collation where that is not the type's own. */
  base: string;
  /** The same of the domain. */
  domain: string;
  expression: string | null;
}

/** Undefined: the column is of no domain. */
export async function domainOf(
  catalog: Lookup,
  table: { oid: string },
  number: number,
): Promise<DomainFacts | undefined> {
  const collated = (type: string) => `CASE WHEN a.attcollation <> ${type}.typcollation
    THEN (SELECT format(' COLLATE %I.%I', n.nspname, c.collname) FROM pg_collation c
      JOIN pg_namespace n ON n.oid = c.collnamespace WHERE c.oid = a.attcollation) ELSE '' END`;
  const [found] = await catalog.rows<DomainFacts>(
    `WITH RECURSIVE layer(oid, typmod) AS (
         SELECT atttypid, atttypmod FROM pg_attribute WHERE attrelid = $1::oid AND attnum = $2
       UNION ALL
         SELECT t.typbasetype, t.typtypmod FROM layer JOIN pg_type t ON t.oid = layer.oid
           WHERE t.typtype = 'd')
     SELECT format_type(b.oid, layer.typmod) || ${collated("b")} AS base,
       format_type(d.oid, -1) || ${collated("d")} AS domain,
       pg_get_expr(d.typdefaultbin, 0) AS expression
     FROM pg_attribute a JOIN pg_type d ON d.oid = a.atttypid AND d.typtype = 'd'
       CROSS JOIN layer JOIN pg_type b ON b.oid = layer.oid AND b.typtype <> 'd'
     WHERE a.attrelid = $1::oid AND a.attnum = $2`,
    [table.oid, number],
  );
  return found;
}
