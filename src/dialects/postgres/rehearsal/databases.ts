// Owns: scratch databases on a server: making, copying, throwing away, and finding those whose
// prover was killed. Whoever proves holds an advisory lock for as long as its session lives; the
// server gives it back when the process dies, whatever way it dies.

import type { Session } from "../../dialect.ts";
import { scratchName } from "../../rehearsal.ts";
import { versionOf } from "../catalog/server.ts";
import { literal, quote } from "../names.ts";

/** First half of the advisory lock's key: ASCII "blay". The second is the owner's number. */
const lockClass = 0x626c6179;

/**
 * Copying files is three times as fast as logging every page, but ends in a checkpoint: right
 * where nothing is flushed, wrong on a server with other work.
 */
export async function createDatabase(admin: Session, name: string, template = "template1") {
  const [row] = await admin.query<{ fsync: string }>("SELECT current_setting('fsync') AS fsync");
  const copies = row?.fsync === "off" && (await versionOf(admin)) >= 150_000;
  const strategy = copies ? "STRATEGY file_copy" : "";
  await admin.run(`CREATE DATABASE ${quote(name)} TEMPLATE ${quote(template)} ${strategy}`);
  await copySettings(admin, name, template);
}

/** ALTER DATABASE ... SET is kept beside the database, and so no copy has it. */
async function copySettings(admin: Session, name: string, template: string): Promise<void> {
  const rows = await admin.query<{ role: string | null; setting: string }>(
    `SELECT CASE WHEN s.setrole <> 0 THEN s.setrole::regrole::text END AS role,
            unnest(s.setconfig) AS setting
       FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
      WHERE d.datname = $1`,
    [template],
  );
  for (const { role, setting } of rows) {
    const at = setting.indexOf("=");
    const [variable, value] = [setting.slice(0, at), setting.slice(at + 1)];
    const who =
      role === null ? `DATABASE ${quote(name)}` : `ROLE ${role} IN DATABASE ${quote(name)}`;
    // A list is stored as it is written: quoting it as a whole would make one name of it.
    const isList = /^(search_path|.*_libraries|datestyle|unix_socket_directories)$/i.test(variable);
    await admin.run(`ALTER ${who} SET ${variable} TO ${isList ? value : literal(value)}`);
  }
}

export async function dropDatabase(admin: Session, name: string): Promise<void> {
  await admin.run(`DROP DATABASE IF EXISTS ${quote(name)} WITH (FORCE)`);
}

export async function claim(admin: Session, owner: string): Promise<void> {
  await admin.query("SELECT pg_advisory_lock($1, $2)", [lockClass, Number.parseInt(owner, 16) | 0]);
}

export async function sweep(admin: Session): Promise<string[]> {
  const rows = await admin.query<{ name: string }>(
    `SELECT datname::text AS name FROM pg_database
      WHERE datname ~ $1 AND NOT EXISTS (
        SELECT FROM pg_locks l
         WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND l.classid = $2::bigint::oid
           AND lpad(to_hex(l.objid::bigint), 8, '0') = split_part(datname, '_', 3))
      ORDER BY 1`,
    [`^${scratchName("[0-9a-f]{8}", "")}`, lockClass],
  );
  for (const { name } of rows) await dropDatabase(admin, name);
  return rows.map(({ name }) => name);
}
