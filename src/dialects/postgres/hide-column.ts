// Owns: hiding a column instead of dropping it. It stays in its table under a reserved name, with
// its values, its default and the indexes that bite nobody; what would refuse the rows of an
// application that does not know it any more is taken off, and put back when it returns.

import { BelayError, untouched } from "../../core/errors.ts";
import { inTransaction, nothingToUndo, type Undo, type UndoStatement } from "../../core/plan.ts";
import { infallible } from "./born-value.ts";
import { constraintBack, othersBack } from "./constraint-back.ts";
import { dependentsOf } from "./dependents.ts";
import { bornRows, fillBorn } from "./fill-born.ts";
import { type HiddenPart, type HidingColumn, hidingColumn } from "./hiding-facts.ts";
import type { Lookup } from "./kind.ts";
import { quote, shown } from "./names.ts";
import { recreationOf } from "./objects/recreate.ts";
import type { Relation } from "./relation.ts";
import { hiddenName, type ShelfId } from "./shelf-names.ts";
import { unlessUnfit } from "./unless-violated.ts";
import { untriggered } from "./users-triggers.ts";

/** What the author says about rows that are born while the column is hidden. */
export interface HideOptions {
  cascade: boolean;
  /** SQL expression over the table's columns. */
  fill: string | undefined;
}

/**
 * Undefined: it cannot be hidden (parts of an inheritance tree have the column of their own, it is
 * generated, another is generated from it). Nothing where the server refuses the drop as things are.
 */
export async function hideColumn(
  catalog: Lookup,
  id: ShelfId,
  table: Relation,
  column: string,
  { cascade, fill }: HideOptions,
): Promise<Undo | undefined> {
  const facts = await hidingColumn(catalog, table, column, { isFilled: fill !== undefined });
  if (facts === undefined || facts.impossible) return undefined;
  if (fill !== undefined && facts.expression === "identity") throw unfillable(table, column);
  const address = { catalog: "pg_class", oid: table.oid, subid: facts.number };
  const hanging = await dependentsOf(catalog, address);
  if (hanging.length > 0 && !cascade) return nothingToUndo;
  const roots = hanging.map(({ subid, ...each }) => ({ ...each, attribute: subid }));
  const others = await recreationOf(catalog, roots);
  if (others.impossible !== undefined) return undefined;
  const names = namer(id);
  const hidden = quote(names(column));
  const renames = facts.parts.filter(({ keeps }) => keeps).map((part) => renaming(part, names));
  const taken = facts.parts.filter(({ keeps }) => !keeps);
  const alter = `ALTER TABLE ${table.sql}`;
  const away = `${alter} RENAME COLUMN ${quote(column)} TO ${hidden}`;
  const bites = bitesOf(facts, table, column);
  const safe = infallible(id, table, column, facts.fallible);
  const born =
    fill === undefined
      ? undefined
      : await fillBorn(catalog, id, {
          ...{ table, column, number: facts.number, fill },
          marker: names(`born without ${column}`),
        });
  return {
    kind: "shelved",
    sql: [
      inTransaction(`${alter} RENAME COLUMN ${hidden} TO ${quote(column)}`),
      ...renames.map(({ back }) => inTransaction(back)),
      ...(born?.back ?? filled(table, facts, { column, value: bites.value, shelf: id })),
      ...typeAgain(table, column, id, facts),
      ...bites.back.map(inTransaction),
      ...safe.back,
      ...(bites.notNull ? await requiredAgain(catalog, id, table, column, facts) : []),
      ...(await takenBack(catalog, id, table, taken)),
      ...(await othersBack(catalog, others, id)),
    ],
    kept: {
      shelf: id,
      instead: [
        ...(born?.away ?? []),
        ...others.drops,
        ...taken.map(({ off }) => off),
        ...bites.off,
        ...safe.away,
        ...renames.map((each) => each.away),
        away,
      ],
    },
  };
}

/** Rows that are born have a number already, and none of it may be written over. */
function unfillable(table: Relation, column: string): BelayError {
  const message = `${table.shown}.${shown(column)} is an identity column: belay:fill has nothing to fill`;
  const hint = "Remove the line: rows that are born while the column is hidden get their numbers.";
  return new BelayError("BELAY_SQL_DIRECTIVE", message, { state: untouched, hint });
}

/** What would refuse a row of an application that does not know the column. */
function bitesOf(facts: HidingColumn, table: Relation, column: string) {
  const { dropsDefault, expression, mayBeEmpty, refusing } = facts;
  const at = `ALTER TABLE ${table.sql} ALTER COLUMN ${quote(column)}`;
  const notNull = facts.notNull && mayBeEmpty;
  return {
    notNull,
    off: [
      ...(notNull ? [`${at} DROP NOT NULL`] : []),
      ...(dropsDefault ? [`${at} DROP DEFAULT`] : []),
      ...(refusing ? [`${at} TYPE ${refusing.base}`] : []),
    ],
    back: dropsDefault ? [`${at} SET DEFAULT ${expression}`] : [],
    // A NULL that was there before must stay one, and one value is not for several rows.
    value: dropsDefault && notNull ? expression : null,
  };
}

/** Of rows that were born since, some may have no value of it. */
function typeAgain(
  table: Relation,
  column: string,
  shelf: ShelfId,
  { refusing }: HidingColumn,
): UndoStatement[] {
  if (refusing === undefined) return [];
  const sql = `ALTER TABLE ${table.sql} ALTER COLUMN ${quote(column)} TYPE ${refusing.domain}`;
  const why = `values written since do not fit ${refusing.domain}`;
  return [unlessUnfit([sql], { shelf, table: table.sql, column, why })];
}

async function takenBack(
  catalog: Lookup,
  shelf: ShelfId,
  { sql }: Relation,
  taken: readonly HiddenPart[],
): Promise<UndoStatement[]> {
  const back: UndoStatement[] = [];
  for (const { again, name, table, type } of taken) {
    if (type === null) back.push(...again.map(inTransaction));
    else {
      const returning = { again, name, table: table ?? sql, type, shelf };
      back.push(...(await constraintBack(catalog, returning)));
    }
  }
  return back;
}

/** Gives the rows that were born since a value; where it has to be unique, at most one can have it. */
function filled(
  table: Relation,
  { number }: HidingColumn,
  { column, value, shelf }: { column: string; value: string | null; shelf: ShelfId },
): UndoStatement[] {
  if (value === null) return [];
  const name = quote(column);
  const sql = `UPDATE ${table.sql} SET ${name} = ${value} WHERE ${name} IS NULL`;
  const why = `rows written since have no ${column}`;
  const told = { shelf, table: table.sql, why };
  const { asks = [], ...statement } = unlessUnfit([untriggered(table.sql, [sql])], told);
  return [{ ...statement, asks: [bornRows(table, { column, number }), ...asks] }];
}

/** A row that has no value even now is listed. */
function requiredAgain(
  catalog: Lookup,
  shelf: ShelfId,
  table: Relation,
  column: string,
  { notNullName }: HidingColumn,
): Promise<UndoStatement[]> {
  const clause =
    notNullName === null
      ? `ALTER COLUMN ${quote(column)} SET NOT NULL`
      : `ADD CONSTRAINT ${quote(notNullName)} NOT NULL ${quote(column)}`;
  const again = [`ALTER TABLE ${table.sql} ${clause}`];
  const name = notNullName ?? `NOT NULL of ${column}`;
  return constraintBack(catalog, { again, name, table: table.sql, type: "n", column, shelf });
}

/** Long names may become the same when they are cut. */
function namer(id: ShelfId): (name: string) => string {
  const taken = new Set<string>();
  return (name) => {
    let hidden = hiddenName(id, name);
    for (let count = 2; taken.has(hidden); count += 1) hidden = hiddenName(id, `${count}_${name}`);
    taken.add(hidden);
    return hidden;
  };
}

function renaming({ words, schema, name, table }: HiddenPart, names: (name: string) => string) {
  const hidden = names(name);
  const rename = (from: string, to: string) =>
    table === null
      ? `ALTER ${words} ${words === "INDEX" ? "IF EXISTS " : ""}${quote(schema)}.${quote(from)} RENAME TO ${quote(to)}`
      : `ALTER TABLE ${table} RENAME ${words} ${quote(from)} TO ${quote(to)}`;
  return { away: rename(name, hidden), back: rename(hidden, name) };
}
