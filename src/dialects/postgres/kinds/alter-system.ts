// Writes a file of the server, postgresql.auto.conf, outside of transactions and for the whole
// cluster; what that file said before can be written back. Twice is harmless.

import type { AlterSystemStmt } from "@pgsql/types";
import { nothingToUndo } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { shown } from "../names.ts";
import { settingName, settingSql } from "../objects/role-definition.ts";

export const kind = defineKind<AlterSystemStmt>({
  kind: "alter-system",
  node: "AlterSystemStmt",
  describe: ({ setstmt }) => ({
    changes: [{ kind: "alter-system", object: `${shown(setstmt?.name ?? "all")} (whole cluster)` }],
    locks: [],
    transactional: false,
    undo: nothingToUndo,
  }),
  async recall({ setstmt }, catalog) {
    const [may] = await catalog.rows<{ read: boolean }>(
      "SELECT has_table_privilege('pg_file_settings', 'SELECT') AND has_function_privilege('pg_show_all_file_settings()', 'EXECUTE') AS read",
    );
    if (!may?.read) {
      return { kind: "irreversible", why: "only superusers can read what the setting was" };
    }
    const rows = await catalog.rows<{ name: string; setting: string }>(
      `SELECT name, setting FROM pg_file_settings WHERE sourcefile LIKE '%postgresql.auto.conf'`,
    );
    const isAll = setstmt?.kind === "VAR_RESET_ALL";
    const old = rows.filter(({ name }) => isAll || name === setstmt?.name);
    const back = old.map(({ name, setting }) => settingSql(`${name}=${setting}`));
    if (!isAll && back.length === 0) back.push(`RESET ${settingName(setstmt?.name ?? "")}`);
    const sql = back.map((clause) => ({ sql: `ALTER SYSTEM ${clause}`, transactional: false }));
    return { kind: "exact", sql };
  },
});
