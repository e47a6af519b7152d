// Owns: whether triggers and rules fire, and giving them back the state they had.

import { exactly, type Undo } from "../../core/plan.ts";
import { isOnly } from "./family.ts";
import { isInternal } from "./internal-trigger.ts";
import type { Lookup, TableCommand } from "./kind.ts";
import type { Relation } from "./relation.ts";

/** `tgenabled` and `ev_enabled` as the verb of ALTER TABLE. */
const verbs: Record<string, string> = {
  O: "ENABLE",
  D: "DISABLE",
  R: "ENABLE REPLICA",
  A: "ENABLE ALWAYS",
};

interface State extends Record<string, unknown> {
  table: string;
  name: string;
  state: string;
  internal: boolean;
}

/** Of the named trigger, or of all, in the table and the partitions that the command reaches. */
export async function recallTriggers(
  node: TableCommand,
  catalog: Lookup,
  table: Relation,
): Promise<Undo> {
  const { name, subtype = "AT_EnableTrig" } = node.command;
  const found = await catalog.rows<State>(
    `WITH RECURSIVE family(oid) AS (
         SELECT $1::oid
       UNION
         SELECT i.inhrelid FROM pg_inherits i JOIN family f ON i.inhparent = f.oid
           WHERE NOT $3::boolean)
     SELECT format('%I.%I', n.nspname, c.relname) AS table, quote_ident(t.tgname) AS name,
       t.tgenabled::text AS state, ${isInternal("t")} AS internal
     FROM family f JOIN pg_trigger t ON t.tgrelid = f.oid JOIN pg_class c ON c.oid = f.oid
       JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE $2::name IS NULL OR t.tgname = $2::name
     ORDER BY c.oid <> $1::oid, 1, 2`,
    [table.oid, name ?? null, isOnly(node)],
  );
  // USER leaves the triggers of foreign keys alone, and only superusers may name those.
  const touched = found.filter(({ internal }) => !internal || subtype.endsWith("TrigAll"));
  return exactly(
    ...touched.map(
      (each) => `ALTER TABLE ONLY ${each.table} ${verbs[each.state]} TRIGGER ${each.name}`,
    ),
  );
}

export async function recallRule(
  node: TableCommand,
  catalog: Lookup,
  table: Relation,
): Promise<Undo> {
  const [found] = await catalog.rows<{ name: string; state: string }>(
    `SELECT quote_ident(rulename) AS name, ev_enabled::text AS state FROM pg_rewrite
     WHERE ev_class = $1::oid AND rulename = $2::name`,
    [table.oid, node.command.name ?? ""],
  );
  if (!found) return exactly();
  return exactly(`ALTER TABLE ${table.sql} ${verbs[found.state]} RULE ${found.name}`);
}
