// Owns: the session settings under which the server writes its definitions in one canonical way.
// Leaves nothing changed: all of them are local to the transaction, and put back before it goes on.

import type { Session } from "../../dialect.ts";

/** Every setting that changes the text of `pg_get_*`, `format_type` or a constant's output. */
const canonical: Record<string, string> = {
  // Nothing of the user's is visible without its schema, and no temporary object hides a catalog.
  search_path: "pg_catalog, pg_temp",
  quote_all_identifiers: "off",
  DateStyle: "ISO, MDY",
  IntervalStyle: "postgres",
  TimeZone: "UTC",
  extra_float_digits: "1",
  bytea_output: "hex",
  lc_monetary: "C",
  xmlbinary: "base64",
  // Compiling costs more than these queries take, and so does planning them each time.
  jit: "off",
  plan_cache_mode: "force_generic_plan",
};

/** Rows of name and value before; sets the canonical values while it is read. */
export const pinned = `select s.name, pg_catalog.current_setting(s.name) as value,
    pg_catalog.set_config(s.name, s.wanted, true)
  from (values ${Object.entries(canonical)
    .map(([name, wanted]) => `('${name}', '${wanted}')`)
    .join(", ")}) s (name, wanted)`;

const put = `select pg_catalog.set_config(s.name, s.wanted, true)
  from rows from (pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[]))
    s (name, wanted)`;

/** Names and values, as they were before. */
export type Settings = { name: string; value: string }[];

export async function pin(session: Session): Promise<Settings> {
  return session.query<Settings[number]>(pinned, [], "belay-pin");
}

export async function restore(session: Session, settings: Settings): Promise<void> {
  const values = [settings.map(({ name }) => name), settings.map(({ value }) => value)];
  await session.query(put, values, "belay-restore");
}

/**
 * Runs `work` under the canonical settings, in the open transaction or in one of its own; then puts
 * the caller's settings back. After an error the transaction is over, and its local settings too.
 */
export async function canonically<T>(session: Session, work: () => Promise<T>): Promise<T> {
  let before = await pin(session);
  // A local setting does not outlive its statement when there is no transaction.
  const inside = (await pin(session)).every(({ name, value }) => canonical[name] === value);
  if (!inside) {
    await session.run("begin isolation level repeatable read, read only");
    before = await pin(session);
  }
  try {
    const result = await work();
    if (inside) await restore(session, before);
    return result;
  } finally {
    if (!inside) await session.run("commit");
  }
}
