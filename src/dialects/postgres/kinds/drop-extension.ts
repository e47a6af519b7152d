// An extension comes back by CREATE EXTENSION, as its script makes it: rows of its tables, and what
// was changed of its objects since, are not in the script.

import type { DropStmt } from "@pgsql/types";
import { inTransaction, type Loss, nothingToUndo } from "../../../core/plan.ts";
import { defineKind, type Lookup } from "../kind.ts";
import { findAll } from "../objects/found.ts";
import { type Target, targetOf } from "../objects/object-type.ts";
import { recreationOf } from "../objects/recreate.ts";

export const kind = defineKind<DropStmt>({
  kind: "drop-extension",
  node: "DropStmt",
  matches: ({ removeType }) => removeType === "OBJECT_EXTENSION",
  describe: (node) => ({
    changes: targets(node).map(({ shown }) => ({ kind: "drop-extension", object: shown })),
    locks: [],
    undo: nothingToUndo,
  }),
  async recall(node, catalog) {
    const extensions = await findAll(catalog, targets(node));
    if (extensions.length === 0) return nothingToUndo;
    const { sql, impossible } = await recreationOf(catalog, extensions);
    if (impossible !== undefined) return { kind: "irreversible", why: impossible };
    const oids = extensions.map(({ oid }) => oid);
    const missing = await missingVersions(catalog, oids);
    if (missing.length > 0) {
      const why = `the server can no longer install ${missing.join(", ")}`;
      return { kind: "irreversible", why };
    }
    const losses = await lossesOf(catalog, oids);
    const undo = sql.map(inTransaction);
    return losses.length === 0
      ? { kind: "exact", sql: undo }
      : { kind: "lossy", sql: undo, losses };
  },
});

function targets({ removeType, objects = [] }: DropStmt): Target[] {
  return objects.map((object) => targetOf(removeType, object));
}

async function missingVersions(catalog: Lookup, oids: readonly string[]): Promise<string[]> {
  const rows = await catalog.rows<{ version: string }>(
    `SELECT format('%s %s', e.extname, e.extversion) AS version FROM pg_extension e
     WHERE e.oid = ANY ($1::oid[]) AND NOT EXISTS (SELECT FROM pg_available_extension_versions v
       WHERE v.name = e.extname AND v.version = e.extversion)`,
    [oids],
  );
  return rows.map(({ version }) => version);
}

/** Rights differ from those that pg_init_privs has kept from when it was created. */
async function lossesOf(catalog: Lookup, oids: readonly string[]): Promise<Loss[]> {
  return catalog.rows<Loss & Record<string, unknown>>(
    `WITH member AS (SELECT d.classid, d.objid FROM pg_depend d WHERE d.deptype = 'e'
       AND d.refclassid = 'pg_extension'::regclass AND d.refobjid = ANY ($1::oid[]))
     SELECT 'rows of ' || (pg_identify_object(m.classid, m.objid, 0)).identity AS object,
       'the extension''s script makes the table anew' AS why, NULL::int AS rows
     FROM member m JOIN pg_class c ON m.classid = 'pg_class'::regclass AND c.oid = m.objid AND c.relkind IN ('r', 'p')
     UNION ALL
     SELECT 'rights on ' || (pg_identify_object(m.classid, m.objid, 0)).identity,
       'the extension''s script gives its own', NULL
     FROM member m LEFT JOIN pg_class c ON m.classid = 'pg_class'::regclass AND c.oid = m.objid
       LEFT JOIN pg_proc p ON m.classid = 'pg_proc'::regclass AND p.oid = m.objid
       LEFT JOIN pg_init_privs i ON i.classoid = m.classid AND i.objoid = m.objid AND i.objsubid = 0
     WHERE coalesce(c.relacl, p.proacl)::text IS DISTINCT FROM i.initprivs::text
       AND (c.oid IS NOT NULL AND c.relkind <> 'c' OR p.oid IS NOT NULL)
     ORDER BY object`,
    [oids],
  );
}
