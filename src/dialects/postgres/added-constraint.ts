// Owns: undoing ADD CONSTRAINT. A constraint without a name gets one from the server, so its undo
// is known only when the statement has run.

import { exactly, type Undo } from "../../core/plan.ts";
import { alter, constraintOf, onTable } from "./alter-table.ts";
import type { Lookup, TableCommand, Unsettled } from "./kind.ts";
import { parts, quote } from "./names.ts";
import type { Relation } from "./relation.ts";

/** `pg_constraint.contype`. */
export type ConstraintType = "c" | "f" | "n" | "p" | "u" | "x";

/** What the server names it when nothing is in the way; for plans, never for undo that runs. */
export function expectedName(node: TableCommand, suffix: string): string {
  const constraint = constraintOf(node.command);
  if (constraint?.conname) return constraint.conname;
  const keys = parts([...(constraint?.keys ?? []), ...(constraint?.fk_attrs ?? [])]);
  const columns = suffix === "pkey" ? [] : keys;
  return [node.statement.relation?.relname ?? "", ...columns, suffix].join("_");
}

/** The undo as the text alone tells. */
export function describedDrop(node: TableCommand, suffix: string): Undo {
  return exactly(dropSql(node, expectedName(node, suffix)));
}

/** `mayBeAbsent`: a later rollback may have had to leave it away, and has told so. */
export function dropSql(
  node: TableCommand,
  name: string,
  table?: Relation,
  mayBeAbsent = false,
): string {
  return alter(node, `DROP CONSTRAINT ${mayBeAbsent ? "IF EXISTS " : ""}${quote(name)}`, table);
}

/**
 * Drops what the command adds. Two unnamed constraints of one type in one statement each give the
 * drops of both; composing counts equal statements once.
 */
export function recallDrop(
  node: TableCommand,
  catalog: Lookup,
  type: ConstraintType,
): Promise<Undo | Unsettled> {
  return onTable(node, catalog, async (table) => {
    const name = constraintOf(node.command)?.conname;
    const drop = (each: string) => dropSql(node, each, table, catalog.shelf !== undefined);
    if (name !== undefined) return exactly(drop(name));
    const before = new Set((await constraintsOf(catalog, table, type)).map(({ oid }) => oid));
    const named = namedIn(node);
    return {
      undo: describedDrop(node, "key"),
      async settle(after) {
        const added = (await constraintsOf(after, table, type)).filter(
          (each) => !before.has(each.oid) && !named.has(each.name),
        );
        return exactly(...added.map((each) => drop(each.name)));
      },
    };
  });
}

/** Newest last; without the copies that a foreign key to a partitioned table has for its partitions. */
export function constraintsOf(
  catalog: Lookup,
  table: Relation,
  type?: ConstraintType,
): Promise<{ oid: string; name: string; type: string }[]> {
  return catalog.rows(
    `SELECT oid::text, conname::text AS name, contype::text AS type FROM pg_constraint k
     WHERE conrelid = $1::oid AND contype <> 't' AND ($2::text IS NULL OR contype::text = $2)
       AND NOT EXISTS (SELECT FROM pg_constraint p WHERE p.oid = k.conparentid AND p.conrelid = k.conrelid)
     ORDER BY k.oid`,
    [table.oid, type ?? null],
  );
}

function namedIn({ statement }: TableCommand): Set<string> {
  const commands = (statement.cmds ?? []).flatMap((node) =>
    "AlterTableCmd" in node ? [node.AlterTableCmd] : [],
  );
  return new Set(commands.flatMap((command) => constraintOf(command)?.conname ?? []));
}
