// The server refuses while the role owns something or may do something; so what is left of it are
// attributes, memberships, settings, comment and labels.

import type { DropRoleStmt } from "@pgsql/types";
import { inTransaction, type Loss, nothingToUndo } from "../../../core/plan.ts";
import { defineKind, type Lookup } from "../kind.ts";
import { literal, quote, shown } from "../names.ts";
import { membershipSql, membershipsOf } from "../objects/memberships.ts";
import { roleShown } from "../objects/role.ts";
import { roleFacts, settingSql } from "../objects/role-definition.ts";

export const kind = defineKind<DropRoleStmt>({
  kind: "drop-role",
  node: "DropRoleStmt",
  describe: ({ roles = [] }) => ({
    changes: roles.map((role) => ({
      kind: "drop-role",
      object: `role ${shown(roleShown(role))} (whole cluster)`,
    })),
    locks: [],
    undo: nothingToUndo,
  }),
  async recall({ roles = [] }, catalog) {
    const facts = await roleFacts(catalog, roles.map(roleShown));
    const names = facts.map(({ name }) => name);
    const memberships = await membershipsOf(catalog, names, true);
    const sql = [
      ...facts.map(
        ({ name, options }) => `CREATE ROLE ${quote(name)} ${Object.values(options).join(" ")}`,
      ),
      ...memberships.map((each) => membershipSql(each)),
      ...(await settingsOf(
        catalog,
        facts.map(({ oid }) => oid),
      )),
    ].map(inTransaction);
    const losses = facts.flatMap(({ name, knowsPassword }): Loss[] =>
      knowsPassword
        ? []
        : [
            {
              object: `password of role ${shown(name)}`,
              why: "only superusers can read it",
              rows: null,
            },
          ],
    );
    return losses.length === 0 ? { kind: "exact", sql } : { kind: "lossy", sql, losses };
  },
});

interface Row extends Record<string, unknown> {
  name: string;
  database: string | null;
  text: string;
  what: "setting" | "comment" | "label";
  provider: string | null;
}

async function settingsOf(catalog: Lookup, oids: readonly string[]): Promise<string[]> {
  const rows = await catalog.rows<Row>(
    `SELECT pg_get_userbyid(s.setrole) AS name, d.datname AS database, setting AS text, 'setting' AS what, NULL AS provider
       FROM pg_db_role_setting s LEFT JOIN pg_database d ON d.oid = s.setdatabase, unnest(s.setconfig) setting
       WHERE s.setrole = ANY ($1::oid[])
     UNION ALL SELECT pg_get_userbyid(objoid), NULL, description, 'comment', NULL FROM pg_shdescription
       WHERE classoid = 'pg_authid'::regclass AND objoid = ANY ($1::oid[])
     UNION ALL SELECT pg_get_userbyid(objoid), NULL, label, 'label', provider FROM pg_shseclabel
       WHERE classoid = 'pg_authid'::regclass AND objoid = ANY ($1::oid[])`,
    [oids],
  );
  return rows.map(({ name, database, text, what, provider }) => {
    const role = `ROLE ${quote(name)}`;
    if (what === "comment") return `COMMENT ON ${role} IS ${literal(text)}`;
    if (what === "label")
      return `SECURITY LABEL FOR ${quote(provider ?? "")} ON ${role} IS ${literal(text)}`;
    const where = database === null ? "" : ` IN DATABASE ${quote(database)}`;
    return `ALTER ${role}${where} ${settingSql(text)}`;
  });
}
