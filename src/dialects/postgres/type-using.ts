// Owns: reading the USING of ALTER COLUMN TYPE: the forms that only cast the column.

import type { ColumnDef, Node } from "@pgsql/types";
import { parts } from "./names.ts";
import { constantText } from "./sequence-call.ts";

export type Using =
  | { form: "none" }
  /** `c::int`, `c::text::mood`. */
  | { form: "cast" }
  /** `c AT TIME ZONE 'UTC'`. */
  | { form: "zone"; zone: string }
  | { form: "other" };

export function usingOf(definition: ColumnDef, column: string): Using {
  const expression = definition.raw_default;
  if (!expression) return { form: "none" };
  if (isCastOf(expression, column)) return { form: "cast" };
  const zone = zoneOf(expression, column);
  return zone === undefined ? { form: "other" } : { form: "zone", zone };
}

/** Casts in between may only be to text, which keeps everything. */
function isCastOf(node: Node, column: string): boolean {
  if (isColumn(node, column)) return true;
  if (!("TypeCast" in node) || !node.TypeCast.arg) return false;
  const { arg } = node.TypeCast;
  if (isColumn(arg, column)) return true;
  if (!("TypeCast" in arg)) return false;
  const { typeName } = arg.TypeCast;
  const between = parts(typeName?.names).at(-1) ?? "";
  return ["text", "varchar"].includes(between) && !typeName?.typmods && isCastOf(arg, column);
}

function zoneOf(node: Node, column: string): string | undefined {
  if ("TypeCast" in node && node.TypeCast.arg) return zoneOf(node.TypeCast.arg, column);
  if (!("FuncCall" in node)) return undefined;
  const [zone, value] = node.FuncCall.args ?? [];
  if (parts(node.FuncCall.funcname).at(-1) !== "timezone" || !zone || !value) return undefined;
  return isCastOf(value, column) ? constantText(zone) : undefined;
}

function isColumn(node: Node, column: string): boolean {
  return "ColumnRef" in node && parts(node.ColumnRef.fields).at(-1) === column;
}
