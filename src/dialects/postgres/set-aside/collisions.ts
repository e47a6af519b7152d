// Owns: which rows of a table that was set aside and of its twin cannot stand side by side, by any
// unique index or exclusion constraint, as SQL.

import type { Lookup } from "../kind.ts";

export interface Unique {
  /** SQL over the table's columns, each with how the index compares it. */
  parts: { expression: string; operator: string; collation: string | null }[];
  /** Of a partial one. */
  predicate: string | null;
  /** NULLs are alike too. */
  nullsAlike: boolean;
  /** Every row has one value of plain columns, and no other row has it. */
  isKey: boolean;
}

interface Row extends Record<string, unknown>, Unique {
  oid: string;
}

/** The primary key first. */
export async function uniquesOf(catalog: Lookup, oid: string): Promise<Unique[]> {
  return catalog.rows<Row>(
    `SELECT i.indexrelid::text AS oid, pg_get_expr(i.indpred, i.indrelid) AS predicate,
       coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false) AS "nullsAlike",
       i.indisunique AND NOT i.indisexclusion AND x.conexclop IS NULL AND i.indpred IS NULL AND i.indexprs IS NULL
         AND (SELECT bool_and(a.attnotnull) FROM pg_attribute a WHERE a.attrelid = i.indrelid
           AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])) AS "isKey",
       (SELECT json_agg(json_build_object('expression', pg_get_indexdef(i.indexrelid, k.place::int, true),
            'operator', format('OPERATOR(%I.%s)', n.nspname, o.oprname),
            'collation', (SELECT format('%I.%I', cn.nspname, l.collname) FROM pg_collation l
               JOIN pg_namespace cn ON cn.oid = l.collnamespace WHERE l.oid = k.coll)) ORDER BY k.place)
          FROM unnest(i.indclass::oid[], i.indcollation::oid[]) WITH ORDINALITY AS k(class, coll, place)
            JOIN pg_opclass c ON c.oid = k.class
            -- 3 is a btree's "equal"; only btrees are unique.
            LEFT JOIN pg_amop m ON x.conexclop IS NULL AND m.amopfamily = c.opcfamily AND m.amopstrategy = 3
              AND m.amoplefttype = c.opcintype AND m.amoprighttype = c.opcintype
            JOIN pg_operator o ON o.oid = coalesce(x.conexclop[k.place], m.amopopr)
            JOIN pg_namespace n ON n.oid = o.oprnamespace
          WHERE k.place <= i.indnkeyatts) AS parts
     FROM pg_index i LEFT JOIN pg_constraint x ON x.conindid = i.indexrelid AND x.conexclop IS NOT NULL
     WHERE i.indrelid = $1::oid AND (i.indisunique OR i.indisexclusion)
     ORDER BY i.indisprimary DESC, i.indexrelid`,
    [oid],
  );
}

/** A source of rows `t`; `place` tells them apart. */
export interface Side {
  from: string;
  place: string;
}

/** SELECT of `before` and `after`, once for each index by which the two are in each other's way. */
export function collisions(uniques: readonly Unique[], before: Side, after: Side): string {
  return uniques
    .map((unique) => {
      const cells = unique.parts.map(({ expression }, at) => `(${expression}) AS k${at + 1}`);
      const where = unique.predicate === null ? "" : ` WHERE ${unique.predicate}`;
      const side = ({ from, place }: Side) =>
        `(SELECT ${place} AS place, ${cells.join(", ")} FROM ${from} AS t${where})`;
      const met = unique.parts.map(({ operator, collation }, at) => {
        const [b, a] = ["b", "a"].map((alias) => {
          const cell = `${alias}.k${at + 1}`;
          return collation === null ? cell : `${cell} COLLATE ${collation}`;
        });
        const bothNull = `b.k${at + 1} IS NULL AND a.k${at + 1} IS NULL`;
        return unique.nullsAlike
          ? `(${b} ${operator} ${a} OR ${bothNull})`
          : `${b} ${operator} ${a}`;
      });
      return `SELECT b.place AS before, a.place AS after FROM ${side(before)} AS b JOIN ${side(after)} AS a ON ${met.join(" AND ")}`;
    })
    .join("\n    UNION ALL ");
}
