// Each object goes back to who owned it; the new owner's own objects stay his.

import type { Node, ReassignOwnedStmt } from "@pgsql/types";
import { nothingToUndo } from "../../../core/plan.ts";
import { defineKind, type Lookup } from "../kind.ts";
import { shown } from "../names.ts";
import { type Found, identityColumns } from "../objects/found.ts";
import { ownersBack } from "../objects/owner-change.ts";
import { roleOid, roleShown } from "../objects/role.ts";

export const kind = defineKind<ReassignOwnedStmt>({
  kind: "reassign-owned",
  node: "ReassignOwnedStmt",
  describe: ({ roles = [] }) => ({
    changes: roles.map((role) => ({
      kind: "reassign-owned",
      object: `objects of ${shown(roleShown(role))}`,
    })),
    locks: [],
    undo: nothingToUndo,
  }),
  async recall({ roles = [] }, catalog) {
    const owned = await ownedBy(catalog, roles);
    const extension = owned.find(({ type }) => type === "extension");
    if (extension) {
      const why = `an extension's owner cannot be set back (${extension.identity})`;
      return { kind: "irreversible", why };
    }
    return ownersBack(catalog, owned);
  },
});

/** Sequences that belong to a column go with its table. */
async function ownedBy(catalog: Lookup, roles: readonly Node[]): Promise<Found[]> {
  if (roles.length === 0) return [];
  return catalog.rows<Found>(
    `SELECT a.catalog, a.oid::text, 0 AS attribute, ${identityColumns}
     FROM (SELECT CASE WHEN s.classid = 'pg_largeobject_metadata'::regclass THEN 'pg_largeobject'
             ELSE s.classid::regclass::text END, s.objid FROM pg_shdepend s
       WHERE s.deptype = 'o' AND s.refclassid = 'pg_authid'::regclass AND s.objsubid = 0
         AND s.refobjid IN (${roles.map(roleOid).join(", ")})
         AND s.dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
         AND s.classid NOT IN ('pg_default_acl'::regclass, 'pg_user_mapping'::regclass)
         AND NOT (s.classid = 'pg_class'::regclass AND EXISTS (SELECT FROM pg_depend d
           WHERE d.classid = s.classid AND d.objid = s.objid AND d.deptype IN ('a', 'i')
             AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0))
     ) a(catalog, oid), LATERAL pg_identify_object(a.catalog::regclass, a.oid, 0) o ORDER BY a.oid`,
  );
}
