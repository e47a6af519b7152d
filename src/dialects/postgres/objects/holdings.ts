// Owns: who owns an object and who may do what with it, as the catalog has it now.

import type { Lookup } from "../kind.ts";
import { type Privilege, privilegesJson } from "./acl.ts";
import { type Found, sqlOf } from "./found.ts";

interface Ownership {
  /** Where the columns are, when not in the catalog itself. */
  table?: string;
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
const ownership: Record<string, Ownership> = {
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
  pg_largeobject: {
    table: "pg_largeobject_metadata",
    owner: "lomowner",
    acl: "lomacl",
    letter: "'L'",
  },
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

/** An object's owner and privileges. */
export interface Holding extends Record<string, unknown> {
  catalog: string;
  oid: string;
  owner: string;
  user: string;
  /** What it has. */
  privileges: Privilege[] | null;
  /** What the server would give it if it were made now, in the owner's name. */
  initial: Privilege[] | null;
}

/** SQL: the columns of {@link Holding} for one catalog. */
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
    FROM ${columns.table ?? catalog} t WHERE t.oid = ANY (SELECT oid FROM objects WHERE catalog = '${catalog}')`;
}

/** Objects of catalogs without owners are left out. */
export async function holdingsOf(
  catalog: Lookup,
  objects: readonly Pick<Found, "catalog" | "oid">[],
): Promise<Holding[]> {
  const catalogs = new Set(objects.map((each) => each.catalog));
  const selects = Object.entries(ownership).flatMap(([name, columns]) =>
    catalogs.has(name) ? [selectFrom(name, columns)] : [],
  );
  if (selects.length === 0) return [];
  return catalog.rows<Holding>(
    `WITH objects AS (SELECT o.catalog, o.oid FROM unnest($1::text[], $2::oid[]) o(catalog, oid))
    ${selects.join(" UNION ALL ")}`,
    [objects.map((each) => each.catalog), objects.map(({ oid }) => oid)],
  );
}
