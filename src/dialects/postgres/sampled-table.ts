// Owns: what is to be known of a table before a few of its rows are read: its key, its columns as far as
// they hold values, how large it is, and whether this role may read it.

import type { Session } from "../dialect.ts";
import { isColumn, notHidden, ours } from "./catalog/family.ts";

export interface SampledColumnFacts {
  name: string;
  /** Qualified. */
  type: string;
  /** Its text is the name of something else, which may get another one. */
  isReference: boolean;
}

export interface SampledTableFacts extends Record<string, unknown> {
  oid: string;
  /** Qualified, quoted where SQL needs it. */
  table: string;
  /** `pg_class.relkind`. */
  kind: string;
  readable: boolean;
  /** Rows of it are on another server. */
  foreign: boolean;
  /** With those of its partitions. */
  blocks: number;
  columns: SampledColumnFacts[];
  /** `equal`: the operator by which its index finds a value. */
  key: { name: string; equal: string }[] | null;
}

/**
 * Tables with these names, or with an index of such a name, and tables to which they hand changes down; in
 * that order. Names are resolved as the session does.
 */
export async function tablesNamed(
  session: Session,
  names: readonly string[],
): Promise<{ oid: string; table: string }[]> {
  return session.query<{ oid: string; table: string }>(
    `WITH RECURSIVE named(oid, place) AS (
         SELECT coalesce(i.indrelid, r.oid), r.place
           FROM (SELECT to_regclass(n.name)::oid AS oid, n.place
                   FROM unnest($1::text[]) WITH ORDINALITY AS n(name, place)) AS r
             LEFT JOIN pg_index i ON i.indexrelid = r.oid
       UNION
         -- Partitions are read through what they are partitions of.
         SELECT i.inhrelid, f.place FROM named f JOIN pg_class p ON p.oid = f.oid AND p.relkind = 'r'
           JOIN pg_inherits i ON i.inhparent = p.oid)
     SELECT c.oid::text AS oid, format('%I.%I', n.nspname, c.relname) AS table
       FROM named f JOIN pg_class c ON c.oid = f.oid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't'
        AND ${ours("n.nspname")} AND ${notHidden("c.relname")}
      GROUP BY c.oid, n.nspname, c.relname ORDER BY min(f.place), c.oid`,
    [names],
  );
}

/**
 * By its qualified name. `key`: the columns of the key that is wanted where there are several. Undefined:
 * there is no such table.
 */
export async function factsOf(
  session: Session,
  table: string,
  key: readonly string[] = [],
): Promise<SampledTableFacts | undefined> {
  const [facts] = await session.query<SampledTableFacts>(factsSql, [table, key]);
  return facts;
}

/** The table itself, and what it is divided into. */
const family = "unnest(members.oids) AS f(oid)";

const factsSql = `
  SELECT c.oid::text AS oid, format('%I.%I', n.nspname, c.relname) AS table, c.relkind::text AS kind,
    has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AS readable,
    c.relkind = 'f' OR EXISTS (SELECT FROM ${family} JOIN pg_class p ON p.oid = f.oid AND p.relkind = 'f') AS foreign,
    ((SELECT coalesce(sum(pg_relation_size(f.oid)), 0) FROM ${family})
      / current_setting('block_size')::int)::float8 AS blocks,
    (SELECT coalesce(json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
         'isReference', y.typnamespace = 'pg_catalog'::regnamespace AND y.typname ~ '^reg') ORDER BY a.attnum), '[]')
       FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid
      -- A virtual column holds nothing.
      WHERE a.attrelid = c.oid AND ${isColumn("a")} AND a.attgenerated <> 'v') AS columns,
    k.parts AS key
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL (SELECT array_agg(m.oid) AS oids FROM (
        SELECT c.oid UNION SELECT p.relid::oid FROM pg_partition_tree(c.oid) p WHERE c.relkind = 'p') AS m) AS members
    LEFT JOIN LATERAL (
      SELECT json_agg(json_build_object('name', a.attname, 'equal', format('OPERATOR(%I.%s)', os.nspname, o.oprname))
          ORDER BY e.place) AS parts
        FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am m ON m.oid = x.relam AND m.amname = 'btree'
          CROSS JOIN LATERAL unnest(i.indkey::int2[], i.indclass::oid[]) WITH ORDINALITY AS e(number, class, place)
          JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = e.number AND a.attnotnull AND ${isColumn("a")}
          JOIN pg_opclass oc ON oc.oid = e.class
          JOIN pg_amop w ON w.amopfamily = oc.opcfamily AND w.amopstrategy = 3
            AND w.amoplefttype = oc.opcintype AND w.amoprighttype = oc.opcintype
          JOIN pg_operator o ON o.oid = w.amopopr JOIN pg_namespace os ON os.oid = o.oprnamespace
       WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
         AND e.place <= i.indnkeyatts
       GROUP BY i.indexrelid, i.indisprimary, i.indnkeyatts
      HAVING count(*) = i.indnkeyatts
       ORDER BY array_agg(a.attname::text ORDER BY e.place) = $2::text[] DESC, i.indisprimary DESC,
         i.indnkeyatts, i.indexrelid LIMIT 1) AS k ON true
  WHERE c.oid = to_regclass($1) AND c.relkind IN ('r', 'p', 'f')`;
