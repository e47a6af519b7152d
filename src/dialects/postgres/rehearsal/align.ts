// Owns: making a scratch database like another one, by the DDL that pg-delta derives between the
// two. Whether that was enough is for the caller to see.

import type { Session } from "../../dialect.ts";
import { deriveUndo, extractFacts } from "../catalog/derive.ts";
import { quote } from "../names.ts";
import { roleNames } from "./roles.ts";

/** Throws what the server says; the scratch database is then as it was. */
export async function align(scratch: Session, like: Session): Promise<void> {
  await like.run("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY");
  try {
    const wanted = await extractFacts(like);
    await makeRoles(scratch, like);
    await scratch.run("BEGIN");
    try {
      const { sql } = await deriveUndo(wanted, await extractFacts(scratch));
      for (const statement of sql) await scratch.run(statement.sql);
      await scratch.run("COMMIT");
    } catch (error) {
      await scratch.run("ROLLBACK");
      throw error;
    }
  } finally {
    await like.run("ROLLBACK");
  }
}

/** Owners and grantees have to be there by name; nobody can log in as them. */
async function makeRoles(scratch: Session, like: Session): Promise<void> {
  const there = new Set(await roleNames(scratch));
  for (const name of await roleNames(like)) {
    if (!there.has(name)) await scratch.run(`CREATE ROLE ${quote(name)} NOLOGIN`);
  }
}
