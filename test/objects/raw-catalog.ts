// Owns: an independent judge of "the catalog is as before": every row of every system catalog, with
// oids replaced by names and expressions by their text. Knows nothing of what Belay records.

import type { Lookup } from "../../src/dialects/postgres/kind.ts";

/** Counters, caches and hints that differ between equal objects. */
const noise = new Set([
  ...["oid", "xmin", "relfilenode", "reltuples", "relpages", "relallvisible", "relallfrozen"],
  ...[
    "relfrozenxid",
    "relminmxid",
    "reltoastrelid",
    "relhastriggers",
    "relhasrules",
    "relhasindex",
  ],
  ...[
    "attcacheoff",
    "datfrozenxid",
    "datminmxid",
    "indcheckxmin",
    "dathasloginevt",
    "relhassubclass",
  ],
]);

/** Catalogs of the server, not of objects. */
const skipped = new Set([
  ...[
    "pg_statistic",
    "pg_statistic_ext_data",
    "pg_largeobject",
    "pg_init_privs",
    "pg_db_role_setting",
  ],
  ...[
    "pg_subscription_rel",
    "pg_replication_origin",
    "pg_shdepend",
    "pg_database",
    "pg_auth_members",
  ],
  ...[
    "pg_authid",
    "pg_parameter_acl",
    "pg_tablespace",
    "pg_shdescription",
    "pg_shseclabel",
    "pg_foreign_table_",
  ],
]);

/** Trees hold oids; their text does not. */
const texts: Record<string, Record<string, string>> = {
  // A number that the server counts up with every change, which 15.20 and its likes keep there.
  pg_attribute: {
    attoptions: "(SELECT array_agg(o)::text FROM unnest(attoptions) o WHERE o !~ '^pg_attver=')",
  },
  pg_attrdef: { adbin: "pg_get_expr(adbin, adrelid)" },
  pg_class: { relpartbound: "pg_get_expr(relpartbound, oid)" },
  pg_constraint: { conbin: "pg_get_constraintdef(oid)" },
  pg_index: {
    indexprs: "regexp_replace(pg_get_indexdef(indexrelid), 'pg_toast_\\d+', '')",
    indpred: "NULL",
  },
  pg_partitioned_table: { partexprs: "pg_get_expr(partexprs, partrelid)" },
  pg_policy: {
    polqual: "pg_get_expr(polqual, polrelid)",
    polwithcheck: "pg_get_expr(polwithcheck, polrelid)",
  },
  pg_proc: {
    proargdefaults: "pg_get_function_arguments(oid)",
    prosqlbody: "pg_get_function_sqlbody(oid)",
  },
  pg_publication_rel: { prqual: "pg_get_expr(prqual, prrelid)" },
  pg_rewrite: { ev_action: "pg_get_ruledef(oid)", ev_qual: "NULL" },
  pg_statistic_ext: { stxexprs: "pg_get_statisticsobjdef(oid)" },
  pg_trigger: {
    tgqual: "CASE WHEN NOT tgisinternal THEN pg_get_triggerdef(oid) END",
    tgname: "regexp_replace(tgname, '^(RI_ConstraintTrigger_._)\\d+', '\\1')",
  },
  pg_type: { typdefaultbin: "pg_get_expr(typdefaultbin, 0)" },
  pg_enum: { enumsortorder: "rank() OVER (PARTITION BY enumtypid ORDER BY enumsortorder)" },
};

/** Default privileges written out are the same as none written. */
const acls: Record<string, string> = {
  relacl:
    "coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's'::\"char\" ELSE 'r' END, relowner))",
  proacl: "coalesce(proacl, acldefault('f', proowner))",
  typacl: "coalesce(typacl, acldefault('T', typowner))",
  nspacl: "coalesce(nspacl, acldefault('n', nspowner))",
  lanacl: "coalesce(lanacl, acldefault('l', lanowner))",
  fdwacl: "coalesce(fdwacl, acldefault('F', fdwowner))",
  srvacl: "coalesce(srvacl, acldefault('S', srvowner))",
  attacl: "nullif(attacl, '{}')",
  defaclacl: "defaclacl",
  lomacl: "lomacl",
};

interface Column extends Record<string, unknown> {
  relation: string;
  name: string;
  type: string;
}

interface Reference extends Record<string, unknown> {
  relation: string;
  columns: string[];
  target: string;
}

/** One line per row, sorted. */
export async function rawCatalog(lookup: Lookup): Promise<string[]> {
  const { relations, targets } = await shapeOf(lookup);
  const names = await namesByOid(lookup);
  const lines: string[] = [];
  for (const [relation, columns] of relations) {
    const rows = await lookup.rows<Row>(selectFrom(relation, columns, targets));
    for (const row of rows) lines.push(lineOf(relation, row, targets, names));
  }
  return lines.filter((line) => !/pg_toast|pg_temp/.test(line)).sort();
}

type Row = Record<string, string | string[] | null>;

const firstUserOid = 16384;

interface Shape {
  relations: Map<string, Column[]>;
  /** `relation.column` -> the catalog that its oids are of. */
  targets: Map<string, string>;
}

async function shapeOf(lookup: Lookup): Promise<Shape> {
  const columns = await lookup.rows<Column>(
    `SELECT c.relname AS relation, a.attname AS name, a.atttypid::regtype::text AS type
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
     WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 ORDER BY 1, a.attnum`,
  );
  const references = await lookup.rows<Reference>(
    `SELECT fktable::text AS relation, fkcols AS columns, pktable::text AS target
     FROM pg_get_catalog_foreign_keys() WHERE array_length(fkcols, 1) = 1`,
  );
  const relations = new Map<string, Column[]>();
  for (const column of columns) {
    if (skipped.has(column.relation)) continue;
    relations.set(column.relation, [...(relations.get(column.relation) ?? []), column]);
  }
  const targets = new Map(
    references.map(({ relation, columns: [column], target }) => [`${relation}.${column}`, target]),
  );
  return { relations, targets };
}

/** Rows of users' objects: by their own oid, or else by one that they refer to. */
function selectFrom(
  relation: string,
  columns: readonly Column[],
  targets: ReadonlyMap<string, string>,
): string {
  const select = columns
    .filter(({ name }) => !noise.has(name))
    .map(({ name, type }) => {
      const acl = type === "aclitem[]" ? acls[name] : undefined;
      const sorted = `(SELECT array_agg(x::text ORDER BY x::text) FROM unnest(${acl}) x)`;
      const text = acl ? sorted : (texts[relation]?.[name] ?? `${name}::text`);
      return `${text} AS "${name}"`;
    });
  const hasOid = columns.some(({ name }) => name === "oid");
  const keys = columns
    .filter(
      ({ name, type }) =>
        type === "oid" && (targets.has(`${relation}.${name}`) || /objo?id$/.test(name)),
    )
    .map(({ name }) => `${name} >= ${firstUserOid}`);
  // Subscriptions of every database are in one catalog.
  const mine =
    relation === "pg_subscription"
      ? " AND subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())"
      : "";
  const where = hasOid ? `oid >= ${firstUserOid}${mine}` : keys.join(" OR ") || "true";
  return `SELECT ${hasOid ? "oid::text" : "NULL::text"} AS "own oid", ${select.join(", ")}
    FROM pg_catalog.${relation} WHERE ${where}`;
}

function lineOf(
  relation: string,
  { "own oid": oid, ...row }: Row,
  targets: ReadonlyMap<string, string>,
  names: ReadonlyMap<string, string>,
): string {
  const own = oid ? (names.get(`${relation} ${oid}`) ?? "") : "";
  const columns = Object.entries(row).map(([name, value]) => {
    const target = targetOf(relation, name, row, targets);
    const shown = target === undefined ? value : replaceOids(String(value), target, names);
    return `${name}=${Array.isArray(shown) ? shown.join() : shown}`;
  });
  return `${relation} ${own} ${columns.join(" ")}`;
}

/** pg_depend and the like say in another column which catalog an oid is of. */
function targetOf(
  relation: string,
  column: string,
  row: Record<string, unknown>,
  targets: ReadonlyMap<string, string>,
): string | undefined {
  if (column === "objid" || column === "objoid")
    return `#${row[column === "objid" ? "classid" : "classoid"]}`;
  if (column === "refobjid") return `#${row.refclassid}`;
  return targets.get(`${relation}.${column}`);
}

function replaceOids(value: string, target: string, names: ReadonlyMap<string, string>): string {
  return value.replace(/\d{5,}/g, (oid) =>
    Number(oid) < 16384 ? oid : (names.get(`${target} ${oid}`) ?? "<unknown>"),
  );
}

async function namesByOid(lookup: Lookup): Promise<Map<string, string>> {
  const there = await lookup.rows<{ name: string }>(
    "SELECT relname AS name FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace",
  );
  const rows = await lookup.rows<{ relation: string; number: string; oid: string; name: string }>(
    `SELECT c.relname AS relation, c.oid::text AS number, o.oid::text,
       CASE WHEN o.name IS NOT NULL THEN o.name ELSE (pg_identify_object(c.oid, o.oid, 0)).identity END AS name
     FROM (
       ${[
         ...["pg_am", "pg_amop", "pg_amproc", "pg_attrdef", "pg_authid", "pg_cast", "pg_class"],
         ...[
           "pg_collation",
           "pg_constraint",
           "pg_conversion",
           "pg_default_acl",
           "pg_event_trigger",
         ],
         ...["pg_extension", "pg_foreign_data_wrapper", "pg_foreign_server", "pg_language"],
         ...["pg_namespace", "pg_opclass", "pg_operator", "pg_opfamily"],
         ...[
           "pg_policy",
           "pg_proc",
           "pg_publication",
           "pg_publication_namespace",
           "pg_publication_rel",
         ],
         ...["pg_rewrite", "pg_statistic_ext", "pg_subscription", "pg_tablespace", "pg_transform"],
         ...[
           "pg_trigger",
           "pg_ts_config",
           "pg_ts_dict",
           "pg_ts_parser",
           "pg_ts_template",
           "pg_type",
         ],
         "pg_user_mapping",
       ]
         // Schemas can be published from PostgreSQL 15 on.
         .filter((name) => there.some((each) => each.name === name))
         .map(
           (name) =>
             `SELECT '${name}'::regclass AS class, oid, NULL AS name FROM ${name} WHERE oid >= 16384`,
         )
         .join(" UNION ALL ")}
       UNION ALL SELECT 'pg_largeobject_metadata'::regclass, oid, oid::text FROM pg_largeobject_metadata
       UNION ALL SELECT 'pg_largeobject'::regclass, oid, oid::text FROM pg_largeobject_metadata
       UNION ALL SELECT 'pg_enum'::regclass, oid, enumlabel FROM pg_enum WHERE oid >= 16384
       ) o JOIN pg_class c ON c.oid = o.class`,
  );
  const names = new Map<string, string>();
  for (const { relation, number, oid, name } of rows) {
    const clean = (name ?? "").replace(/RI_ConstraintTrigger_(.)_\d+/, "RI_ConstraintTrigger_$1");
    names.set(`${relation} ${oid}`, clean);
    names.set(`#${number} ${oid}`, clean);
  }
  return names;
}
