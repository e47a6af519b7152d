// ADD CHECK reads every row under a lock that nobody passes.

import type { ColumnRef } from "@pgsql/types";
import { parts } from "../names.ts";
import { adding, type SafeForm } from "./form.ts";
import { notValidFirst, unnamed } from "./not-valid.ts";

export const form: SafeForm = {
  name: "validated",
  kind: "add-check",
  blocks(parsed) {
    const added = adding(parsed, "CONSTR_CHECK");
    return added?.constraint.skip_validation ? undefined : added?.table;
  },
  async steps(written, occasion) {
    const { table, names } = occasion;
    const { conname, raw_expr } = adding(written.parsed, "CONSTR_CHECK")?.constraint ?? {};
    const columns = columnsIn(raw_expr);
    // A whole row, and a column of each of its own, are told apart by the server only.
    const isClear = !columns.has("*") && !columns.has(table.name);
    const [only] = columns.size === 1 ? columns : [];
    const name =
      conname ??
      (isClear
        ? await names.choose(table, only === undefined ? [] : [only], "check", "constraints")
        : undefined);
    if (name === undefined) return unnamed;
    return notValidFirst(written, occasion, { name, isWritten: conname !== undefined });
  },
};

function columnsIn(node: unknown, found = new Set<string>()): Set<string> {
  if (typeof node !== "object" || node === null) return found;
  for (const [name, inner] of Object.entries(node)) {
    if (name === "ColumnRef") found.add(parts((inner as ColumnRef).fields).at(-1) ?? "*");
    else columnsIn(inner, found);
  }
  return found;
}
