// Owns: what hangs on an object besides its definition: owner, privileges, comment, security
// labels, dependence on an extension; as SQL that gives them to the object once it is made again.

import type { Lookup } from "../kind.ts";
import { literal, quote } from "../names.ts";
import { privilegesBack } from "./acl.ts";
import type { Going } from "./closure.ts";
import { type Found, identityColumns, sqlOf } from "./found.ts";
import { grantWords, holdingsOf } from "./holdings.ts";

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
  for (const row of await holdingsOf(catalog, going)) {
    const each = byKey.get(`${row.catalog} ${row.oid} 0`);
    if (each === undefined || each.of !== each.key) continue;
    add(each.key, [`ALTER ${sqlOf(each)} OWNER TO ${quote(row.owner)}`]);
    const side = { on: grantWords(each), owner: row.owner, user: row.user };
    add(each.key, privilegesBack(row.initial ?? [], row.privileges ?? [], side));
  }
  for (const { key, sql } of await remarksOf(catalog, going)) add(key, [sql]);
  return result;
}

/** Owner, comment and labels of one object that nothing else goes with. */
export async function attachmentsOf(catalog: Lookup, of: string, oid: string): Promise<string[]> {
  const object = await identified(catalog, of, oid);
  const key = `${of} ${oid} 0`;
  const going = object && { ...object, key, of: key, tiedTo: [], needs: [] };
  return going ? ((await satellitesOf(catalog, [going])).get(key) ?? []) : [];
}

async function identified(catalog: Lookup, of: string, oid: string): Promise<Found | undefined> {
  const [row] = await catalog.rows<Found>(
    `SELECT a.catalog, a.oid::text, 0 AS attribute, ${identityColumns}
     FROM (VALUES ($1::text, $2::oid)) a(catalog, oid), LATERAL pg_identify_object(a.catalog::regclass, a.oid, 0) o`,
    [of, oid],
  );
  return row;
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
