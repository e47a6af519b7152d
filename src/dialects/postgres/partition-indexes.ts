// Owns: giving the indexes of partitions their names and marks back. A change of a column's type makes
// the partitioned index anew, and those of its partitions with it, as if nobody had named them.

import { markSql, marksOf } from "./index-definition.ts";
import type { Lookup } from "./kind.ts";
import { literal } from "./names.ts";
import type { Relation } from "./relation.ts";

interface Member extends Record<string, unknown> {
  oid: string;
  name: string;
  /** Qualified, quoted. */
  partition: string;
  root: string;
  /** Quoted; of the key that it belongs to. */
  constraint: string | null;
  comment: string | null;
}

/**
 * A block for PL/pgSQL; partitions that are not there any more are passed over. Undefined: no partition has
 * an index that the column is part of.
 */
export async function partitionIndexes(
  catalog: Lookup,
  table: Relation,
  column: number,
): Promise<string | undefined> {
  if (table.kind !== "p") return undefined;
  const members = await membersOf(catalog, table, column);
  if (members.length === 0) return undefined;
  const marks: string[] = [];
  for (const { oid, partition, constraint, comment } of members) {
    const own = await marksOf(catalog, oid);
    const statements = markSql(own, true);
    if (comment !== null)
      statements.push(`COMMENT ON CONSTRAINT ${constraint} ON ${partition} IS ${literal(comment)}`);
    if (own === undefined || statements.length === 0) continue;
    marks.push(`IF pg_catalog.to_regclass(${literal(own.name)}) IS NOT NULL THEN
    ${statements.map((sql) => `EXECUTE ${literal(sql)};`).join("\n    ")}
  END IF;`);
  }
  return block(members, marks);
}

async function membersOf(catalog: Lookup, table: Relation, column: number): Promise<Member[]> {
  return catalog.rows<Member>(
    `SELECT c.oid::text, c.relname::text AS name, format('%I.%I', tn.nspname, t.relname) AS partition,
       format('%I.%I', rn.nspname, r.relname) AS root, quote_ident(k.conname) AS constraint,
       obj_description(k.oid, 'pg_constraint') AS comment
     FROM pg_index x JOIN pg_class r ON r.oid = x.indexrelid
       JOIN pg_namespace rn ON rn.oid = r.relnamespace
       JOIN LATERAL pg_partition_tree(r.oid) p ON p.level > 0
       JOIN pg_index i ON i.indexrelid = p.relid JOIN pg_class c ON c.oid = i.indexrelid
       JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace tn ON tn.oid = t.relnamespace
       LEFT JOIN pg_constraint k ON k.conindid = c.oid AND k.conrelid = t.oid AND k.contype IN ('p', 'u', 'x')
     WHERE x.indrelid = $1::oid AND ($2::int2 = ANY (x.indkey::int2[]) OR EXISTS (
       SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = r.oid
         AND d.refclassid = 'pg_class'::regclass AND d.refobjid = $1::oid AND d.refobjsubid = $2))
     ORDER BY p.level, partition, name`,
    [table.oid, column],
  );
}

/** By way of names that nobody has: two indexes of one partition may have changed theirs. */
function block(members: readonly Member[], marks: readonly string[]): string {
  const wanted = members.map((each) => {
    return `(${[each.partition, each.root, each.name].map(literal).join(", ")})`;
  });
  const renamed = (name: string) => `FOR each IN SELECT c.oid, w.name
    FROM (VALUES ${wanted.join(", ")}) AS w(partition, root, name)
      JOIN pg_catalog.pg_index i ON i.indrelid = pg_catalog.to_regclass(w.partition)
        AND pg_catalog.pg_partition_root(i.indexrelid) = pg_catalog.to_regclass(w.root)
      JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid AND c.relname <> w.name
  LOOP
    EXECUTE pg_catalog.format('ALTER INDEX %s RENAME TO %I', each.oid::pg_catalog.regclass, ${name});
  END LOOP;`;
  return `DECLARE
  each record;
BEGIN
  ${renamed("'belay_' || pg_catalog.lpad(pg_catalog.to_hex(each.oid::bigint), 8, '0') || '_index'")}
  ${renamed("each.name")}
  ${marks.join("\n  ")}
END`;
}
