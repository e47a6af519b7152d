// Owns: emptying tables by setting them aside, an empty twin in the place of each. Neither way the
// rows are touched: the twin takes the name and all that goes with it, and gives them back together
// with what was written to it.

import { inTransaction, type Question, type Undo, type UndoStatement } from "../../../core/plan.ts";
import type { Lookup, Unsettled } from "../kind.ts";
import { quote } from "../names.ts";
import type { Relation } from "../relation.ts";
import { type ShelfId, shelfSchema } from "../shelf-names.ts";
import { shelveTables } from "../shelve-tables.ts";
import { madeAlike } from "./alike.ts";
import { type Aside, areCandidates, parentsFirst } from "./candidates.ts";
import { twinsOf } from "./empty-twin.ts";
import { type Homecoming, homecoming, questionsOf, rowsHome } from "./rows-home.ts";
import { sequencesOf } from "./sequences.ts";
import { markTwins } from "./twin-mark.ts";

/** Undefined: they cannot be, or it is not worth it. `restart`: TRUNCATE ... RESTART IDENTITY. */
export async function setAside(
  catalog: Lookup,
  relations: readonly Relation[],
  { restart }: { restart: boolean },
): Promise<Unsettled | undefined> {
  const { shelf, asideAboveBytes } = catalog;
  if (shelf === undefined || asideAboveBytes === undefined || !catalog.whole) return undefined;
  const oids = relations.map(({ oid }) => oid);
  if (oids.length === 0 || !(await areCandidates(catalog, oids, asideAboveBytes))) return undefined;
  const id = shelf();
  const shelved = await shelveTables(catalog, id, relations, false);
  if (shelved?.kind !== "shelved") return undefined;
  const named = await namesOf(catalog, id, oids);
  const tables = named && (await parentsFirst(catalog, named));
  if (tables === undefined) return undefined;
  const homes: Homecoming[] = [];
  for (const table of tables) {
    const home = await homecoming(catalog, table);
    if (home === undefined) return undefined;
    homes.push(home);
  }
  const twins = await twinsOf(catalog, tables);
  const sequences = await sequencesOf(catalog, id, tables, restart);
  const names = tables.map(({ sql }) => sql);
  const alike = homes.map((home) => madeAlike(id, home));
  const back = (asks: Question[]): UndoStatement[] => {
    const lists = [
      [`LOCK TABLE ${names.join(", ")} IN ACCESS EXCLUSIVE MODE`],
      alike.map(({ before }) => before),
      homes.map((home, at) => rowsHome(id, at + 1, home)),
      alike.map(({ after }) => after),
      sequences.takeBack,
      [`DROP TABLE ${names.join(", ")}`],
    ];
    const texts = [...lists.flat().map(inTransaction), ...shelved.sql];
    texts.push(...sequences.ownAgain.map(inTransaction));
    // What reads a whole table may run when nobody waits for it any more, if nothing is behind it.
    texts.sort((left, right) => Number(!!left.behind) - Number(!!right.behind));
    const locks = names.map((table) => ({ table, mode: "ACCESS EXCLUSIVE" as const }));
    const merges = tables.map(({ shown }) => shown);
    // Nothing of it is to be kept in turn: what was on the twin is where it belongs.
    return texts.map((each, index) => ({
      ...{ ...each, merges: each.merges ?? merges },
      ...(index === 0 && { asks, locks }),
    }));
  };
  const undo = (asks: Question[]): Undo => ({
    kind: "shelved",
    sql: back(asks),
    kept: {
      shelf: id,
      instead: [
        ...sequences.loosen,
        ...(shelved.kept.instead ?? []),
        ...twins.create,
        ...sequences.give,
        ...twins.fill,
        ...sequences.own,
        ...twins.connect,
        markTwins(id, names),
      ],
      twins: tables.map(({ shown }) => shown),
    },
  });
  return {
    undo: undo([]),
    settle: async (after) => undo(await questions(after, homes)),
  };
}

/** As the catalog knows them; undefined: two have the same name, for which a shelf has no room. */
async function namesOf(catalog: Lookup, id: ShelfId, oids: readonly string[]) {
  const found = await catalog.rows<Record<"oid" | "schema" | "name" | "shown", string>>(
    `SELECT c.oid::text, n.nspname::text AS schema, c.relname::text AS name, format('%I.%I', n.nspname, c.relname) AS shown
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = ANY ($1::oid[]) ORDER BY c.oid`,
    [oids],
  );
  if (new Set(found.map(({ name }) => name)).size < found.length) return undefined;
  const schema = quote(shelfSchema(id));
  return found.map((each): Aside => {
    const { oid, name, shown } = each;
    return {
      oid,
      shown,
      sql: `${quote(each.schema)}.${quote(name)}`,
      shelved: `${schema}.${quote(name)}`,
    };
  });
}

async function questions(after: Lookup, homes: readonly Homecoming[]): Promise<Question[]> {
  const asks: Question[] = [];
  for (const home of homes) {
    const [twin] = await after.rows<{ oid: string }>("SELECT to_regclass($1)::oid::text AS oid", [
      home.table.sql,
    ]);
    if (twin) asks.push(...questionsOf(home, twin.oid));
  }
  return asks;
}
