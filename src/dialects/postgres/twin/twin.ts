// Owns: what is known of a column whose type changes by way of a second column, its twin: names,
// expressions, and what of the column has to be on the twin when the two change places.

import { inShelf } from "../capture/shelf.ts";
import { recreateConstraint } from "../constraint-definition.ts";
import type { Lookup } from "../kind.ts";
import { quote } from "../names.ts";
import { notNullConstraint } from "../not-null.ts";
import { ownedSequence, sequenceState } from "../sequence-state.ts";
import { hiddenName, isHidden, type ShelfId } from "../shelf-names.ts";
import { type Change, usingOfWayBack } from "../type-change-undo.ts";
import { type TwinIndex, twinIndexes } from "./indexes.ts";

export interface Twin {
  id: ShelfId;
  change: Change;
  /** Quoted, unless said otherwise. */
  names: {
    column: string;
    /** Of the twin until it takes the column's name. */
    fresh: string;
    /** Of the column from then on. */
    old: string;
    /** A text beside both: why a row's value has no counterpart; null where it has one. */
    misfit: string;
    /** The CHECK that stands in for NOT NULL. */
    required: string;
    /** Qualified. */
    forward: string;
    backward: string;
  };
  /** From the column to its twin, as the author has it, and the columns that it reads. */
  there: { sql: string; reads: readonly string[] };
  /** From the twin to the column; it reads nothing but that. */
  back: string;
  /** Makes the column NOT NULL again, under its name; the first adds it. None: it may be null. */
  required: string[];
  /** Qualified, quoted: the sequence that belongs to it. */
  sequence: string | undefined;
  indexes: TwinIndex[];
  /** What {@link stateOf} says before anything runs. */
  state: string;
  /** The table has triggers of its own that must not see the rows being filled. */
  silent: boolean;
}

export async function twinOf(
  catalog: Lookup,
  id: ShelfId,
  change: Change,
  { there, silent }: Pick<Twin, "there" | "silent">,
): Promise<Twin> {
  const { table, column, facts } = change;
  const using = await usingOfWayBack(catalog, change);
  const sequence = await ownedSequence(catalog, table, column);
  const [found] = await catalog.rows<{ state: string }>(`SELECT ${stateOf(change)} AS state`);
  const hidden = (name: string) => quote(hiddenName(id, name));
  return {
    ...{ id, change, there, silent },
    names: {
      column: quote(column),
      ...{ fresh: hidden(`new_${column}`), old: hidden(column) },
      ...{ misfit: hidden(`misfits of ${column}`), required: hidden("required") },
      ...{ forward: inShelf(id, "forward"), backward: inShelf(id, "backward") },
    },
    back: using === "" ? quote(column) : using.replace(/^ USING /, ""),
    required: facts.notNull ? await requiredAgain(catalog, change) : [],
    sequence: sequence && (await sequenceState(catalog, sequence))?.name,
    indexes: await twinIndexes(catalog, id, change),
    state: found?.state ?? "",
  };
}

async function requiredAgain(catalog: Lookup, { table, column, facts }: Change): Promise<string[]> {
  const own = { oid: table.oid, table: table.sql, number: facts.number, value: null };
  const constraint = await notNullConstraint(catalog, own);
  return constraint
    ? recreateConstraint(catalog, constraint.oid)
    : [`ALTER TABLE ${table.sql} ALTER COLUMN ${quote(column)} SET NOT NULL`];
}

/** SQL: what hangs on the column, as one text. Another text later: somebody has changed it. */
export function stateOf({ table, facts }: Change): string {
  return `(SELECT pg_catalog.concat_ws(' ', a.attname, a.atttypid, a.atttypmod, a.attnotnull, a.attacl, (
      SELECT pg_catalog.string_agg(d.classid || ':' || d.objid, ' ' ORDER BY d.classid, d.objid)
      FROM pg_catalog.pg_depend d LEFT JOIN pg_catalog.pg_class x
        ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND x.oid = d.objid
      WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = a.attrelid
        AND d.refobjsubid = a.attnum AND (${isHidden("x.relname")}) IS NOT TRUE))
    FROM pg_catalog.pg_attribute a WHERE a.attrelid = ${table.oid} AND a.attnum = ${facts.number})`;
}
