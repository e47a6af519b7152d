// Owns: keeping a column's values over a change of its type that does not keep all of them. The old
// value stands beside the new one, by the row's key; on the way back it returns where nobody has
// written another since.

import type { Question } from "../../core/plan.ts";
import { ofNewer } from "./capture/newer.ts";
import type { Lookup } from "./kind.ts";
import { literal, quote } from "./names.ts";
import type { Relation } from "./relation.ts";
import { hiddenName, isHidden, type ShelfId, shelfSchema } from "./shelf-names.ts";

export interface KeptValues {
  before: string[];
  after: string[];
  /** Before the type changes back: rows that somebody has written since are theirs. */
  leave: string[];
  /**
   * Then: the others need not be turned back, which only the author of an expression could; one that
   * was rounded up may even be too large.
   */
  blank: string[];
  /** Behind it. */
  back: string[];
  /** How many values may return. */
  rows: Question;
  /** SQL: the value in `t` is one that nobody has written since. */
  isOurs: string;
}

export interface HowKept {
  /** Of the column. */
  number: number;
  /** By an expression of the author's, so that no value need be castable. */
  isTheirs: boolean;
  /** From double precision to real: values of one text, and 0.1 of the one is not 0.1 of the other. */
  isSingle: boolean;
}

/** Undefined: rows cannot be told apart. */
export async function keepValues(
  catalog: Lookup,
  id: ShelfId,
  table: Relation,
  column: string,
  { number, isTheirs, isSingle }: HowKept,
): Promise<KeptValues | undefined> {
  const key = await keyOf(catalog, table, column);
  if (key === undefined) return undefined;
  const schema = quote(shelfSchema(id));
  const ours = (what: string) => quote(hiddenName(id, `${what}_${table.oid}_${number}`));
  const kept = `${schema}.${ours("values")}`;
  const early = `${schema}.${ours("early")}`;
  const name = quote(column);
  const names = key.map((_, index) => `k${index + 1}`);
  const keys = key.map((each, index) => `t.${quote(each)} AS ${names[index]}`).join(", ");
  const same = key.map((each, index) => `t.${quote(each)} = s.${names[index]}`).join(" AND ");
  const place: Place = { id, table: table.sql, column, kept, keys: key, same, isSingle };
  return {
    before: [
      // Both ways at once in the mode of the change: what is written behind a look would be lost.
      `LOCK TABLE ${table.sql} IN ACCESS EXCLUSIVE MODE`,
      `CREATE SCHEMA IF NOT EXISTS ${schema}`,
      `CREATE TABLE ${early} AS SELECT ${keys}, t.${name} AS old FROM ${table.sql} t`,
    ],
    after: [
      `CREATE TABLE ${kept} AS SELECT s.*, t.${name} AS new FROM ${table.sql} t JOIN ${early} s ON ${same}`,
      `DROP TABLE ${early}`,
      // By which people know it; see shelves.ts.
      `COMMENT ON TABLE ${kept} IS ${literal(`values of ${table.schema}.${table.name}.${column}`)}`,
    ],
    leave: [
      `LOCK TABLE ${table.sql} IN ACCESS EXCLUSIVE MODE`,
      ofNewer(
        { oid: table.oid, number, keys: names.map((each) => `s.${each}`) },
        (from, matches) => `${told(place, "another row has its key")}
      AND EXISTS (SELECT FROM ${from} WHERE ${matches});
    DELETE FROM ${kept} s USING ${from} WHERE ${matches};`,
      ),
      keyless(place),
      `DELETE FROM ${kept} s USING ${table.sql} t WHERE ${same} AND t.${name}::text IS DISTINCT FROM s.new::text`,
    ],
    blank: [
      `UPDATE ${table.sql} t SET ${name} = NULL FROM ${kept} s WHERE ${same}${isTheirs ? "" : " AND s.old::text IS DISTINCT FROM s.new::text"}`,
    ],
    rows: {
      what: "rows",
      object: `${table.schema}.${table.name}`,
      sql: `SELECT pg_catalog.count(*) FROM ${kept}`,
      reads: [],
    },
    isOurs: `EXISTS (SELECT FROM ${kept} s WHERE ${same} AND t.${name}::text IS NOT DISTINCT FROM s.new::text)`,
    back: [
      `UPDATE ${table.sql} t SET ${name} = s.old FROM ${kept} s WHERE ${same} AND t.${name}::text IS DISTINCT FROM s.old::text`,
      `DROP TABLE ${kept}`,
      // Another column of the same statement may still have values there.
      `IF NOT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n
        ON n.oid = c.relnamespace WHERE n.nspname = '${shelfSchema(id)}') THEN DROP SCHEMA ${schema}; END IF`,
    ],
  };
}

interface Place {
  id: ShelfId;
  /** Qualified, quoted. */
  table: string;
  column: string;
  kept: string;
  keys: readonly string[];
  /** SQL: `s` has the key of `t`. */
  same: string;
  isSingle: boolean;
}

/** Statement without its end: values that the change did not keep, by their old key. */
function told({ id, table, column, kept, keys, isSingle }: Place, why: string): string {
  const turned = isSingle ? "s.new::double precision" : "s.new";
  const cells = keys.map((each, index) => `${literal(each)}, s.k${index + 1}`).join(", ");
  return `INSERT INTO belay.conflict (shelf, target, key, columns, theirs, resolution, why)
    SELECT ${literal(id)}, ${literal(table)}, pg_catalog.jsonb_build_object(${cells}), ARRAY[${literal(column)}],
      pg_catalog.jsonb_build_object(${literal(column)}, s.old::text), 'kept newer', ${literal(why)}
    FROM ${kept} s WHERE s.old::text IS DISTINCT FROM ${turned}::text`;
}

/**
 * A value whose row is not to be found by its key, where a row that is not known has what became of
 * the value: that may be the row, with another key by now.
 */
function keyless(place: Place): string {
  const { table, column, kept, same } = place;
  return `${told(place, "no row has this key any more")}
      AND NOT EXISTS (SELECT FROM ${table} t WHERE ${same})
      AND EXISTS (SELECT FROM ${table} t WHERE t.${quote(column)}::text IS NOT DISTINCT FROM s.new::text
        AND NOT EXISTS (SELECT FROM ${kept} s WHERE ${same}))`;
}

/** Columns that tell rows apart, without the one that changes. */
async function keyOf(
  catalog: Lookup,
  table: Relation,
  column: string,
): Promise<string[] | undefined> {
  const [found] = await catalog.rows<{ names: string[] }>(
    `SELECT array_agg(a.attname::text ORDER BY k.position) AS names
       FROM pg_index i, LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, position)
         JOIN pg_attribute a ON a.attrelid = $1::oid AND a.attnum = k.attnum
      WHERE i.indrelid = $1::oid AND i.indisunique AND i.indisvalid AND i.indimmediate
        AND i.indpred IS NULL AND i.indexprs IS NULL AND k.position <= i.indnkeyatts
      GROUP BY i.indexrelid, i.indisprimary
     HAVING bool_and(a.attnotnull) AND NOT bool_or(a.attname = $2::name)
      ORDER BY i.indisprimary DESC, count(*) LIMIT 1`,
    [table.oid, column],
  );
  return found?.names ?? (await hiddenKeyOf(catalog, table));
}

/** A key that the same migration has dropped still numbers the rows, later ones too. */
async function hiddenKeyOf(catalog: Lookup, table: Relation): Promise<string[] | undefined> {
  const hidden = await catalog.rows<{ name: string }>(
    `SELECT a.attname::text AS name FROM pg_attribute a
       JOIN pg_depend d ON d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_class'::regclass
       JOIN pg_attrdef f ON f.oid = d.objid AND f.adrelid = a.attrelid AND f.adnum = a.attnum
       JOIN pg_class s ON s.oid = d.refobjid AND s.relkind = 'S'
      WHERE a.attrelid = $1::oid AND ${isHidden("a.attname")} AND a.attnotnull AND NOT a.attisdropped`,
    [table.oid],
  );
  for (const { name } of hidden) {
    const [twice] = await catalog.rows(
      `SELECT FROM ${table.sql} GROUP BY ${quote(name)} HAVING count(*) > 1 LIMIT 1`,
    );
    if (twice === undefined) return [name];
  }
  return undefined;
}
