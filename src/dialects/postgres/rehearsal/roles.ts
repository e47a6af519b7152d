// Owns: roles as rehearsals see them: they belong to the whole server, so no copy has its own.

import type { Session } from "../../dialect.ts";
import { quote } from "../names.ts";

export async function roleNames(session: Session): Promise<string[]> {
  const rows = await session.query<{ name: string }>(
    "SELECT rolname::text AS name FROM pg_roles WHERE rolname !~ '^pg_' ORDER BY 1",
  );
  return rows.map(({ name }) => name);
}

export async function dropRole(admin: Session, name: string): Promise<void> {
  await admin.run(`DROP ROLE IF EXISTS ${quote(name)}`);
}
