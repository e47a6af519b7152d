// Owns: what the catalog says of a subscription, and the SQL that gives it back.

import type { Node } from "@pgsql/types";
import type { Probe } from "../../../core/plan.ts";
import type { Lookup } from "../kind.ts";
import { literal } from "../names.ts";
import { optionsOf } from "../options.ts";
import { definition } from "./recipe.ts";

/** A yes-or-no option of a subscription; all of them are on unless switched off. */
export function flagOf(options: readonly Node[] | undefined, name: string): boolean {
  const arg = optionsOf(options).get(name)?.arg;
  if (arg === undefined) return true;
  if ("Boolean" in arg) return arg.Boolean.boolval ?? false;
  if ("Integer" in arg) return arg.Integer.ival === 1;
  return "String" in arg && /^(true|on|yes|1)$/i.test(arg.String.sval ?? "");
}

const here = "subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())";

/** Whether the statement that makes (or drops) it has happened. */
export function subscriptionProbe(name: string, makes: boolean): Probe {
  const exists = `EXISTS (SELECT FROM pg_subscription WHERE subname = ${literal(name)} AND ${here})`;
  return {
    sql: `SELECT CASE WHEN ${makes ? exists : `NOT ${exists}`} THEN 'done' ELSE 'not-done' END`,
  };
}

export interface Subscription extends Record<string, unknown> {
  oid: string;
  enabled: boolean;
  slot: string | null;
  /** Null: only superusers may read it. */
  connection: string | null;
  /** Quoted, as SET PUBLICATION takes them. */
  publications: string;
  /** `(binary = false, ...)`: what SET and WITH take, without slot and what only CREATE takes. */
  options: string;
  /** The same by name. */
  option: Record<string, string>;
}

/** The columns are of several versions; the row as JSON has those that there are. */
const column = (name: string) => `to_jsonb(s) ->> '${name}'`;
const flag = (name: string) =>
  `CASE ${column(name)} WHEN 't' THEN 'true' WHEN 'f' THEN 'false' WHEN 'p' THEN 'parallel' ELSE ${column(name)} END`;

const options: Record<string, string> = {
  binary: flag("subbinary"),
  disable_on_error: flag("subdisableonerr"),
  failover: flag("subfailover"),
  origin: `quote_literal(${column("suborigin")})`,
  password_required: flag("subpasswordrequired"),
  run_as_owner: flag("subrunasowner"),
  streaming: flag("substream"),
  synchronous_commit: `quote_literal(${column("subsynccommit")})`,
  // PostgreSQL 14 does not have it and refuses it.
  two_phase: `CASE ${column("subtwophasestate")} WHEN 'd' THEN 'false' WHEN 'p' THEN 'true' WHEN 'e' THEN 'true' END`,
};

export async function subscriptionNamed(
  catalog: Lookup,
  name: string,
): Promise<Subscription | undefined> {
  const [may] = await catalog.rows<{ read: boolean }>(
    "SELECT has_column_privilege('pg_subscription', 'subconninfo', 'SELECT') AS read",
  );
  // Without the right to read one column, the whole row cannot be read either.
  const readable = may?.read
    ? "pg_subscription"
    : "(SELECT oid, subname, subdbid, subenabled, subslotname, subpublications, subsynccommit FROM pg_subscription)";
  const [row] = await catalog.rows<Subscription>(
    `SELECT s.oid::text, s.subenabled AS enabled, s.subslotname AS slot, ${column("subconninfo")} AS connection,
       (SELECT string_agg(quote_ident(p), ', ') FROM unnest(s.subpublications) p) AS publications,
       ${definition(options)} AS options,
       jsonb_strip_nulls(jsonb_build_object(${Object.entries(options)
         .map(([option, sql]) => `'${option}', ${sql}`)
         .join(", ")})) AS option
     FROM ${readable} s WHERE s.subname = $1::name AND s.${here}`,
    [name],
  );
  return row;
}
