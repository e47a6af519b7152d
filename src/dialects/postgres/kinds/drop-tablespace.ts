// The server drops only empty ones, and leaves the directory, in which it is made again.

import type { DropTableSpaceStmt } from "@pgsql/types";
import { inTransaction, nothingToUndo } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { quote, shown } from "../names.ts";
import { existsProbe } from "../objects/cluster.ts";
import { attachmentsOf } from "../objects/satellites.ts";
import { optionSql } from "../options.ts";

interface Row extends Record<string, unknown> {
  oid: string;
  location: string;
  options: string[] | null;
}

export const kind = defineKind<DropTableSpaceStmt>({
  kind: "drop-tablespace",
  node: "DropTableSpaceStmt",
  describe: ({ tablespacename: name = "" }) => ({
    changes: [{ kind: "drop-tablespace", object: `tablespace ${shown(name)}` }],
    locks: [],
    transactional: false,
    probe: existsProbe("pg_tablespace", "spcname", name, false),
    undo: nothingToUndo,
  }),
  async recall({ tablespacename: name = "" }, catalog) {
    // One that is in the server's own folder (allow_in_place_tablespaces) was given no location.
    const [row] = await catalog.rows<Row>(
      `SELECT oid::text, quote_literal(regexp_replace(pg_tablespace_location(oid), '^pg_tblspc/.*', '')) AS location, spcoptions AS options
       FROM pg_tablespace WHERE spcname = $1::name`,
      [name],
    );
    if (!row) return nothingToUndo;
    const options = row.options ? ` WITH (${row.options.map(optionSql).join(", ")})` : "";
    const create = `CREATE TABLESPACE ${quote(name)} LOCATION ${row.location}${options}`;
    const attached = await attachmentsOf(catalog, "pg_tablespace", row.oid);
    const sql = [{ sql: create, transactional: false }, ...attached.map(inTransaction)];
    return { kind: "exact", sql };
  },
});
