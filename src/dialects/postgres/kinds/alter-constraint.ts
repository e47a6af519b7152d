import type { ATAlterConstraint } from "@pgsql/types";
import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { alter, columnName, onTable, tableLock } from "../alter-table.ts";
import { defineKind, type TableCommand } from "../kind.ts";
import { quote } from "../names.ts";

interface Found extends Record<string, unknown> {
  deferrable: boolean;
  deferred: boolean;
  enforced: boolean;
  inherited: boolean;
}

export const kind = defineKind<TableCommand>({
  kind: "alter-constraint",
  node: "AlterTableStmt/AT_AlterConstraint",
  describe: (node) => ({
    changes: [{ kind: "alter-constraint", object: columnName(node, alteredBy(node).conname) }],
    locks: tableLock(node),
    scans: alteredBy(node).alterEnforceability === true && alteredBy(node).is_enforced === true,
    undo: exactly(alter(node, `ALTER CONSTRAINT ${quote(alteredBy(node).conname ?? "")}`)),
  }),
  recall: (node, catalog) =>
    onTable(node, catalog, async (table) => {
      const altered = alteredBy(node);
      const name = altered.conname ?? "";
      // conenforced came with 18; to_jsonb reads it where it is.
      const [found] = await catalog.rows<Found>(
        `SELECT condeferrable AS deferrable, condeferred AS deferred,
           coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true) AS enforced,
           NOT connoinherit AS inherited
         FROM pg_constraint k WHERE conrelid = $1::oid AND conname = $2::name`,
        [table.oid, name],
      );
      if (!found) return nothingToUndo;
      const clauses = clausesFor(altered, found);
      return exactly(
        ...clauses.map((clause) => alter(node, `ALTER CONSTRAINT ${quote(name)} ${clause}`, table)),
      );
    }),
});

function alteredBy({ command }: TableCommand): ATAlterConstraint {
  return command.def && "ATAlterConstraint" in command.def ? command.def.ATAlterConstraint : {};
}

function clausesFor(altered: ATAlterConstraint, found: Found): string[] {
  const deferrable = found.deferrable
    ? `DEFERRABLE INITIALLY ${found.deferred ? "DEFERRED" : "IMMEDIATE"}`
    : "NOT DEFERRABLE";
  return [
    ...(altered.alterDeferrability ? [deferrable] : []),
    ...(altered.alterEnforceability ? [found.enforced ? "ENFORCED" : "NOT ENFORCED"] : []),
    ...(altered.alterInheritability ? [found.inherited ? "INHERIT" : "NO INHERIT"] : []),
  ];
}
