// Owns: telling which sequence a call like setval('s', 1) means, and where that sequence stands.

import type { Node } from "@pgsql/types";
import type { Lookup } from "./kind.ts";

/** `'s'`, `'s'::regclass`, or `t.c` for pg_get_serial_sequence('t', 'c'); undefined for the rest. */
export function constantText(node: Node | undefined): string | undefined {
  if (!node) return undefined;
  if ("A_Const" in node) return node.A_Const.sval?.sval;
  if ("TypeCast" in node) return constantText(node.TypeCast.arg);
  const serial = serialCall(node);
  return serial?.join(".");
}

/** The sequence's qualified and quoted name. */
export async function sequenceNamed(node: Node, catalog: Lookup): Promise<string | undefined> {
  const serial = serialCall(node);
  const [found] = await catalog.rows<{ name: string | null }>(
    `SELECT (SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c
         JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind = 'S' AND c.oid = to_regclass(${
           serial ? "pg_get_serial_sequence($1, $2)" : "$1"
         })) AS name`,
    serial ?? [constantText(node)],
  );
  return found?.name ?? undefined;
}

/** `last_value, is_called` as SQL. */
export async function sequencePlace(catalog: Lookup, name: string): Promise<string> {
  const [found] = await catalog.rows<{ place: string }>(
    `SELECT last_value || ', ' || is_called AS place FROM ${name}`,
  );
  return found?.place ?? "1, false";
}

function serialCall(node: Node): string[] | undefined {
  if ("TypeCast" in node) return node.TypeCast.arg && serialCall(node.TypeCast.arg);
  if (!("FuncCall" in node)) return undefined;
  const name = node.FuncCall.funcname?.at(-1);
  if (!name || !("String" in name) || name.String.sval !== "pg_get_serial_sequence")
    return undefined;
  const [table, column] = (node.FuncCall.args ?? []).map(constantText);
  return table !== undefined && column !== undefined ? [table, column] : undefined;
}
