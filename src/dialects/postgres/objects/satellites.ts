// Owns: what hangs on an object besides its definition: owner, privileges, comment, security
// labels, dependence on an extension; as SQL that gives them to the object once it is made again.

import type { Lookup } from "../kind.ts";
import { literal, quote } from "../names.ts";
import { type Privilege, privilegesBack, privilegesJson } from "./acl.ts";
import type { Going } from "./closure.ts";
import { type Found, sqlOf } from "./found.ts";

interface Ownership {
  owner: string;
  /** The aclitem[] column; absent: objects without privileges. */
  acl?: string;
  /** As acldefault() names the kind of object. */
  letter?: string;
  /** As pg_default_acl names it; absent: ALTER DEFAULT PRIVILEGES does not know them. */
  defaults?: string;
  schema?: string;
}

/** The columns of each catalog that has owners. */
export const ownership: Record<string, Ownership> = {
  pg_class: {
    ...{ owner: "relowner", acl: "relacl", schema: "relnamespace" },
    letter: `CASE t.relkind WHEN 'S' THEN 's'::"char" ELSE 'r' END`,
    defaults: `CASE t.relkind WHEN 'S' THEN 'S'::"char" ELSE 'r' END`,
  },
  pg_proc: {
    ...{ owner: "proowner", acl: "proacl", schema: "pronamespace" },
    ...{ letter: "'f'", defaults: "'f'" },
  },
  pg_type: {
    ...{ owner: "typowner", acl: "typacl", schema: "typnamespace" },
    ...{ letter: "'T'", defaults: "'T'" },
  },
  pg_namespace: { owner: "nspowner", acl: "nspacl", letter: "'n'", defaults: "'n'" },
  pg_language: { owner: "lanowner", acl: "lanacl", letter: "'l'" },
  pg_foreign_data_wrapper: { owner: "fdwowner", acl: "fdwacl", letter: "'F'" },
  pg_foreign_server: { owner: "srvowner", acl: "srvacl", letter: "'S'" },
  pg_database: { owner: "datdba", acl: "datacl", letter: "'d'" },
  pg_tablespace: { owner: "spcowner", acl: "spcacl", letter: "'t'" },
  pg_largeobject_metadata: { owner: "lomowner", acl: "lomacl", letter: "'L'" },
  pg_collation: { owner: "collowner" },
  pg_conversion: { owner: "conowner" },
  pg_operator: { owner: "oprowner" },
  pg_opclass: { owner: "opcowner" },
  pg_opfamily: { owner: "opfowner" },
  pg_ts_dict: { owner: "dictowner" },
  pg_ts_config: { owner: "cfgowner" },
  pg_event_trigger: { owner: "evtowner" },
  pg_publication: { owner: "pubowner" },
  pg_subscription: { owner: "subowner" },
  pg_statistic_ext: { owner: "stxowner" },
};

/** `TABLE public.users`: what stands behind ON in GRANT. */
export function grantWords(found: Pick<Found, "catalog" | "type" | "identity">): string {
  if (found.catalog === "pg_foreign_server") return `FOREIGN SERVER ${found.identity}`;
  if (found.catalog === "pg_class" && found.type !== "sequence") return `TABLE ${found.identity}`;
  return sqlOf(found);
}

interface Row extends Record<string, unknown> {
  catalog: string;
  oid: string;
  owner: string;
  user: string;
  /** What it has. */
  privileges: Privilege[] | null;
  /** What the server would give it if it were made now, in the owner's name. */
  initial: Privilege[] | null;
}

/** SQL: the columns of {@link Row} for one catalog. */
function selectFrom(catalog: string, columns: Ownership): string {
  const { owner, acl, letter = "NULL", defaults = "NULL", schema = "NULL" } = columns;
  const given = `FROM pg_default_acl WHERE defaclrole = current_user::regrole AND defaclobjtype = ${defaults}
    AND defaclnamespace =`;
  const initial = `(SELECT coalesce(jsonb_agg(DISTINCT jsonb_build_object(
      'grantor', pg_get_userbyid(t.${owner}),
      'grantee', CASE x.grantee WHEN 0 THEN NULL WHEN current_user::regrole::oid THEN pg_get_userbyid(t.${owner})
        ELSE pg_get_userbyid(x.grantee) END,
      'privilege', x.privilege_type, 'grantable', x.is_grantable, 'column', NULL)), '[]')
    FROM (SELECT coalesce((SELECT defaclacl ${given} 0), acldefault(${letter}, current_user::regrole)) AS acl
      UNION ALL SELECT defaclacl ${given} ${schema}) every, LATERAL aclexplode(every.acl) x)`;
  const ofColumns =
    catalog !== "pg_class"
      ? ""
      : ` || (SELECT coalesce(jsonb_agg(item), '[]') FROM pg_attribute c,
          LATERAL jsonb_array_elements(${privilegesJson("c.attacl", "c.attname")}) item
          WHERE c.attrelid = t.oid AND c.attacl IS NOT NULL)`;
  const has =
    acl === undefined
      ? "NULL::jsonb"
      : `${privilegesJson(`coalesce(t.${acl}, acldefault(${letter}, t.${owner}))`)}${ofColumns}`;
  return `SELECT '${catalog}' AS catalog, t.oid::text, pg_get_userbyid(t.${owner}) AS owner, current_user::text AS user,
    ${has} AS privileges, ${acl === undefined ? "NULL::jsonb" : initial} AS initial
    FROM ${catalog} t WHERE t.oid = ANY (SELECT oid FROM going WHERE catalog = '${catalog}')`;
}

/** Keyed as the objects are, for wholes only; what hangs on inner parts is among their whole's. */
export async function satellitesOf(
  catalog: Lookup,
  going: readonly Going[],
): Promise<Map<string, string[]>> {
  const result = new Map<string, string[]>();
  const byKey = new Map(going.map((each) => [each.key, each]));
  const add = (key: string, sql: readonly string[]): void => {
    const whole = byKey.get(key)?.of ?? key;
    result.set(whole, [...(result.get(whole) ?? []), ...sql]);
  };
  for (const row of await ownersOf(catalog, going)) {
    const each = byKey.get(`${row.catalog} ${row.oid} 0`);
    if (each === undefined || each.of !== each.key) continue;
    add(each.key, [`ALTER ${sqlOf(each)} OWNER TO ${quote(row.owner)}`]);
    const side = { on: grantWords(each), owner: row.owner, user: row.user };
    add(each.key, privilegesBack(row.initial ?? [], row.privileges ?? [], side));
  }
  for (const { key, sql } of await remarksOf(catalog, going)) add(key, [sql]);
  return result;
}

const goingRows = `WITH going AS (
  SELECT g.catalog, g.oid, g.attribute FROM unnest($1::text[], $2::oid[], $3::int[]) g(catalog, oid, attribute))`;

function values(going: readonly Going[]): unknown[] {
  return [
    going.map((each) => each.catalog),
    going.map(({ oid }) => oid),
    going.map(({ attribute }) => attribute),
  ];
}

async function ownersOf(catalog: Lookup, going: readonly Going[]): Promise<Row[]> {
  const wholes = going.filter(({ key, of }) => key === of);
  const catalogs = new Set(wholes.map((each) => each.catalog));
  const selects = Object.entries(ownership).flatMap(([name, columns]) =>
    catalogs.has(name) ? [selectFrom(name, columns)] : [],
  );
  if (selects.length === 0) return [];
  return catalog.rows<Row>(`${goingRows} ${selects.join(" UNION ALL ")}`, values(wholes));
}

interface Remark extends Record<string, unknown> {
  catalog: string;
  oid: string;
  type: string;
  identity: string;
  /** The comment or label; for extensions the name. */
  text: string;
  provider: string | null;
  what: "comment" | "label" | "extension";
}

const described = (table: string, subid: string, text: string, provider: string, what: string) => `
  SELECT g.catalog, g.oid::text, o.type, o.identity, ${text} AS text, ${provider} AS provider, '${what}' AS what
  FROM going g JOIN ${table} d ON d.classoid = g.catalog::regclass AND d.objoid = g.oid,
    LATERAL pg_identify_object(d.classoid, d.objoid, ${subid}) o`;

async function remarksOf(
  catalog: Lookup,
  going: readonly Going[],
): Promise<{ key: string; sql: string }[]> {
  const rows = await catalog.rows<Remark>(
    `${goingRows}
    ${described("pg_description", "d.objsubid", "d.description", "NULL", "comment")}
    UNION ALL ${described("pg_shdescription", "0", "d.description", "NULL", "comment")}
    UNION ALL ${described("pg_seclabel", "d.objsubid", "d.label", "d.provider", "label")}
    UNION ALL ${described("pg_shseclabel", "0", "d.label", "d.provider", "label")}
    UNION ALL SELECT g.catalog, g.oid::text, o.type, o.identity, e.extname, NULL, 'extension'
      FROM going g JOIN pg_depend d ON d.classid = g.catalog::regclass AND d.objid = g.oid AND d.deptype = 'x'
        JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND e.oid = d.refobjid,
        LATERAL pg_identify_object(d.classid, d.objid, 0) o
    ORDER BY what, identity`,
    values(going),
  );
  return rows.map((row) => ({ key: `${row.catalog} ${row.oid} 0`, sql: remarkSql(row) }));
}

function remarkSql({ what, text, provider, ...object }: Remark): string {
  switch (what) {
    case "comment":
      return `COMMENT ON ${sqlOf(object)} IS ${literal(text)}`;
    case "label":
      return `SECURITY LABEL FOR ${quote(provider ?? "")} ON ${sqlOf(object)} IS ${literal(text)}`;
    case "extension":
      return `ALTER ${sqlOf(object)} DEPENDS ON EXTENSION ${quote(text)}`;
  }
}
