// Owns: whether tables can be set aside, an empty twin in the place of each, so that nobody sees a
// difference to a TRUNCATE: nothing else may hold on to the table itself, the twin must be one that can
// be made exactly like it, and what a TRUNCATE sets off (triggers, replication) must not be missed.

import { isInternal } from "../internal-trigger.ts";
import type { Lookup } from "../kind.ts";
import { isHidden, isOurSchema } from "../shelf-names.ts";

/** A table that goes to the shelf, and the twin that gets its name. */
export interface Aside {
  oid: string;
  /** Qualified, quoted: where it is before and after, and the twin meanwhile. */
  sql: string;
  /** Qualified, quoted: where it is meanwhile. */
  shelved: string;
  /** As the catalog names it. */
  shown: string;
}

/** Over `c` (pg_class) and `n` (pg_namespace); any that is true stands against it. */
const obstacles = [
  "c.relkind <> 'r' OR c.relpersistence = 't' OR c.reloftype <> 0",
  "c.relnatts = 0 OR n.nspname ~ '^pg_' OR n.nspname = 'information_schema'",
  // The twin gets the same owner, which few others may give it.
  "c.relowner <> current_user::regrole AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)",
  "NOT has_schema_privilege(n.oid, 'CREATE')",
  // Rows that a policy hides would be left behind.
  "c.relforcerowsecurity AND row_security_active(c.oid)",
  "EXISTS (SELECT FROM pg_rewrite WHERE ev_class = c.oid)",
  // 32: TRUNCATE, which would not fire them any more.
  `EXISTS (SELECT FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_namespace pn ON pn.oid = p.pronamespace
     WHERE t.tgrelid = c.oid AND CASE WHEN ${isInternal("t")} THEN t.tgenabled <> 'O'
       ELSE t.tgtype & 32 <> 0 AND t.tgenabled <> 'D' OR NOT has_function_privilege(p.oid, 'EXECUTE')
         OR ${isHidden("t.tgname")} OR ${isOurSchema("pn.nspname")} END)`,
  `EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     AND (${isHidden("a.attname")} OR NOT has_type_privilege(a.atttypid, 'USAGE')))`,
  `EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND (${isHidden("k.conname")}
     OR k.contype = 'n' AND NOT k.convalidated
     OR k.contype = 'f' AND NOT has_table_privilege(k.confrelid, 'REFERENCES')))`,
  `EXISTS (SELECT FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
     WHERE i.indrelid = c.oid AND (NOT i.indisvalid OR ${isHidden("x.relname")}))`,
  // What another role has granted, only that one can grant again.
  `EXISTS (SELECT FROM pg_class o, aclexplode(o.relacl) x WHERE x.grantor <> o.relowner AND (o.oid = c.oid
       OR o.oid IN (SELECT objid FROM pg_depend WHERE refclassid = 'pg_class'::regclass AND refobjid = c.oid AND deptype = 'i')))
     OR EXISTS (SELECT FROM pg_attribute a, aclexplode(a.attacl) x WHERE a.attrelid = c.oid AND x.grantor <> c.relowner)`,
  "EXISTS (SELECT FROM pg_seclabel WHERE classoid = 'pg_class'::regclass AND objoid = c.oid)",
  `EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype IN ('e', 'x'))`,
  "EXISTS (SELECT FROM pg_subscription_rel WHERE srrelid = c.oid)",
  `EXISTS (SELECT FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
     WHERE r.prrelid = c.oid AND NOT pg_has_role(p.pubowner, 'USAGE'))`,
  // Subscribers would neither see the rows go nor see them return.
  `current_setting('wal_level') = 'logical' AND (
     EXISTS (SELECT FROM pg_publication_tables WHERE schemaname = n.nspname AND tablename = c.relname)
     OR EXISTS (SELECT FROM pg_replication_slots WHERE slot_type = 'logical' AND database = current_database()))`,
  // TRUNCATE fires none of them, making a table does.
  "EXISTS (SELECT FROM pg_event_trigger WHERE evtenabled <> 'D' AND evtevent IN ('ddl_command_start', 'ddl_command_end', 'sql_drop'))",
];

/** `aboveBytes`: rows of smaller tables are as well captured, which leaves the tables where they are. */
export async function areCandidates(
  catalog: Lookup,
  oids: readonly string[],
  aboveBytes: number,
): Promise<boolean> {
  const [found] = await catalog.rows<{ free: boolean; large: boolean }>(
    `SELECT NOT bool_or(${obstacles.map((each) => `(${each})`).join("\n OR ")}) AS free,
       bool_or(pg_table_size(c.oid) >= $2::bigint) AS large
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = ANY ($1::oid[])`,
    [oids, aboveBytes],
  );
  return found?.free === true && found.large;
}

/** Parents of foreign keys first; undefined: keys lead in a circle, so that there is no first one. */
export async function parentsFirst<T extends { oid: string }>(
  catalog: Lookup,
  tables: readonly T[],
): Promise<T[] | undefined> {
  const keys = await catalog.rows<{ child: string; parent: string }>(
    `SELECT DISTINCT conrelid::text AS child, confrelid::text AS parent FROM pg_constraint
      WHERE contype = 'f' AND conrelid <> confrelid
        AND conrelid = ANY ($1::oid[]) AND confrelid = ANY ($1::oid[])`,
    [tables.map(({ oid }) => oid)],
  );
  const ordered: T[] = [];
  let left = [...tables];
  while (left.length > 0) {
    const waits = (oid: string) =>
      keys.some(({ child, parent }) => child === oid && left.some((each) => each.oid === parent));
    const ready = left.filter(({ oid }) => !waits(oid));
    if (ready.length === 0) return undefined;
    ordered.push(...ready);
    left = left.filter((each) => !ready.includes(each));
  }
  return ordered;
}
