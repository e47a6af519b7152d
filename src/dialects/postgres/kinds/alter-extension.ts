// ALTER EXTENSION ... UPDATE. Its author decides whether there is a way back.

import type { AlterExtensionStmt } from "@pgsql/types";
import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { defineKind, type Lookup } from "../kind.ts";
import { literal, quote, shown } from "../names.ts";

export const kind = defineKind<AlterExtensionStmt>({
  kind: "alter-extension",
  node: "AlterExtensionStmt",
  describe: ({ extname = "" }) => ({
    changes: [{ kind: "alter-extension", object: shown(extname) }],
    locks: [],
    undo: { kind: "irreversible", why: `${shown(extname)} may have no script that goes back` },
  }),
  async recall({ extname = "" }, catalog) {
    const before = await versionOf(catalog, extname);
    return {
      undo: { kind: "irreversible", why: `${shown(extname)} may have no script that goes back` },
      settle: async (after) => {
        const now = await versionOf(after, extname);
        if (now === before) return nothingToUndo;
        const [path] = await after.rows(
          `SELECT FROM pg_extension_update_paths($1) WHERE source = $2 AND target = $3 AND path IS NOT NULL`,
          [extname, now, before],
        );
        if (path) return exactly(`ALTER EXTENSION ${quote(extname)} UPDATE TO ${literal(before)}`);
        const why = `${shown(extname)} has no script that goes from version ${now} back to ${before}`;
        return { kind: "irreversible", why };
      },
    };
  },
});

async function versionOf(catalog: Lookup, name: string): Promise<string> {
  const [row] = await catalog.rows<{ version: string }>(
    "SELECT extversion AS version FROM pg_extension WHERE extname = $1::name",
    [name],
  );
  return row?.version ?? "";
}
