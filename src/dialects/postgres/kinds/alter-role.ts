import type { AlterRoleStmt } from "@pgsql/types";
import { exactly, nothingToUndo, type Undo } from "../../../core/plan.ts";
import { defineKind, type Lookup } from "../kind.ts";
import { quote, shown } from "../names.ts";
import { membershipsBack, membershipsOf } from "../objects/memberships.ts";
import { roleOid, roleShown } from "../objects/role.ts";
import { roleFacts } from "../objects/role-definition.ts";
import { optionsOf } from "../options.ts";

export const kind = defineKind<AlterRoleStmt>({
  kind: "alter-role",
  node: "AlterRoleStmt",
  describe: ({ role }) => ({
    changes: [{ kind: "alter-role", object: `role ${shown(roleShown(role))} (whole cluster)` }],
    locks: [],
    undo: nothingToUndo,
  }),
  async recall({ role, options }, catalog) {
    const name = await nameOf(catalog, role);
    if (name === undefined) return nothingToUndo;
    const named = [...optionsOf(options).keys()];
    // ALTER GROUP ... ADD USER and DROP USER come as this statement too.
    if (!named.includes("rolemembers")) return attributesBack(catalog, name, named);
    const before = await membershipsOf(catalog, [name]);
    return {
      undo: nothingToUndo,
      settle: async (after) =>
        exactly(...membershipsBack(await membershipsOf(after, [name]), before)),
    };
  },
});

async function nameOf(catalog: Lookup, role: AlterRoleStmt["role"]): Promise<string | undefined> {
  const [row] = await catalog.rows<{ name: string }>(
    `SELECT rolname AS name FROM pg_roles WHERE oid = ${roleOid(role)}`,
  );
  return row?.name;
}

async function attributesBack(
  catalog: Lookup,
  name: string,
  named: readonly string[],
): Promise<Undo> {
  const [facts] = await roleFacts(catalog, [name]);
  if (!facts) return nothingToUndo;
  const before = named.flatMap((option) => facts.options[option] ?? []);
  const sql = before.length === 0 ? [] : [`ALTER ROLE ${quote(name)} ${before.join(" ")}`];
  if (!named.includes("password") || facts.knowsPassword) return exactly(...sql);
  return {
    ...{ kind: "lossy", sql: sql.map((each) => ({ sql: each, transactional: true })) },
    losses: [
      {
        object: `password of role ${shown(name)}`,
        why: "only superusers can read the old one",
        rows: null,
      },
    ],
  };
}
