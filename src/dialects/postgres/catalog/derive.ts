// Owns: the undo of statements whose effect no text tells (DO, CALL, SELECT f()), derived from the
// catalog before and after them. The only file that knows `@supabase/pg-delta`, which is loaded
// when such a statement is met. What it does not model (storage parameters, statistics objects,
// casts, ...) is caught by the judge of the way back, which reads the catalog with our own queries.

import type { Action, FactBase } from "@supabase/pg-delta";
import type { UndoStatement } from "../../../core/plan.ts";
import type { Session } from "../../dialect.ts";
import { shown } from "../names.ts";
import { reservedName, reservedSchema } from "../shelf-names.ts";
import { type Identities, readIdentities, takeNamesBack } from "./renames.ts";

/** Everything that pg-delta knows of a database, and which object is which. */
export interface Facts {
  base: FactBase;
  identities: Identities;
  /** What gave objects back the names that they had in the facts these were compared with. */
  renames: string[];
}

export interface Derived {
  sql: UndoStatement[];
  /** What went and held data, e.g. `table public.users`; its rows are gone. */
  destroys: string[];
}

/**
 * Reads inside the open transaction; leaves nothing changed. With the facts from `before` the
 * statement, objects are taken for what they are by identity and not by name: pg-delta would drop
 * a renamed table and create another one.
 */
export async function extractFacts(session: Session, before?: Facts): Promise<Facts> {
  const identities = await readIdentities(session);
  if (before === undefined) return { base: await baseOf(session), identities, renames: [] };
  await session.run("SAVEPOINT belay_names");
  const renames = await takeNamesBack(session, before.identities);
  const base = await baseOf(session);
  await session.run("ROLLBACK TO SAVEPOINT belay_names; RELEASE SAVEPOINT belay_names");
  return { base, identities, renames };
}

/**
 * The statements that lead from `after` back to `before`, in order. Throws when pg-delta finds no
 * way.
 */
export async function deriveUndo(before: Facts, after: Facts): Promise<Derived> {
  const { plan } = await import("@supabase/pg-delta/plan");
  const { actions, preamble } = plan(after.base, before.base, { scope: "database" });
  const settings = preamble.map(({ name, value }) =>
    undo(`SET LOCAL ${name} = '${value.replaceAll("'", "''")}'`),
  );
  const sql = after.renames.map((text) => undo(text));
  if (actions.length > 0) sql.push(...settings);
  for (const { sql: text, transactionality } of actions) {
    const transactional = transactionality === "transactional";
    sql.push(undo(text, transactional));
    // The next statement begins a transaction of its own.
    if (!transactional) sql.push(...settings);
  }
  return { sql, destroys: destroyedBefore(actions) };
}

function undo(sql: string, transactional = true): UndoStatement {
  return { sql: sql.trim().replace(/;$/, ""), transactional };
}

/** Kinds of facts whose objects hold rows or values. */
const dataKinds = new Set(["table", "column", "sequence"]);

/** What has to be created again was dropped; what has to be rewritten again was rewritten. */
function destroyedBefore(actions: readonly Action[]): string[] {
  const ids = actions.flatMap(({ verb, produces, consumes, rewriteRisk }) =>
    verb === "create" ? produces : rewriteRisk ? consumes : [],
  );
  const names = new Set<string>();
  for (const id of ids) {
    if (!dataKinds.has(id.kind) || !("schema" in id) || !("name" in id)) continue;
    const table = "table" in id ? [id.table] : [];
    names.add(`${id.kind} ${[id.schema, ...table, id.name].map(shown).join(".")}`);
  }
  // The columns of a table that went are not told apart from it.
  const tables = [...names].filter((name) => name.startsWith("table "));
  return [...names].filter(
    (name) => !tables.some((table) => name.startsWith(`column ${table.slice("table ".length)}.`)),
  );
}

async function baseOf(session: Session): Promise<FactBase> {
  const { extract } = await import("@supabase/pg-delta/extract");
  const { factBase } = await extract(poolOf(session) as never);
  return withoutOurs(factBase);
}

/** Our schemas and what is hidden for an undo are not there, and nothing of them on other objects. */
async function withoutOurs(base: FactBase): Promise<FactBase> {
  const { buildFactBase, encodeId } = await import("@supabase/pg-delta/core");
  type Id = ReturnType<FactBase["facts"]>[number]["id"];
  const isOurs = (id: Id): boolean => {
    if ("column" in id && id.column !== undefined && reservedName.test(id.column)) return true;
    if ("target" in id) return isOurs(id.target);
    if ("schema" in id && id.schema !== null && reservedSchema.test(id.schema)) return true;
    return "name" in id && (id.kind === "schema" ? reservedSchema : reservedName).test(id.name);
  };
  const gone = new Set(
    base
      .facts()
      .filter(({ id }) => isOurs(id))
      .map(({ id }) => encodeId(id)),
  );
  if (gone.size === 0) return base;
  // Our triggers stand on the user's tables and call functions of ours.
  for (const { from, to } of base.edges) {
    if (gone.has(encodeId(to)) && /trigger/i.test(from.kind)) gone.add(encodeId(from));
  }
  const stays = (id: Id): boolean =>
    !gone.has(encodeId(id)) && !("target" in id && gone.has(encodeId(id.target)));
  return buildFactBase(
    base.facts().filter(({ id }) => stays(id)),
    base.edges.filter(({ from, to }) => stays(from) && stays(to)),
    base.source,
  );
}

/**
 * pg-delta wants a pool and a transaction of its own. Inside ours, its transaction is a savepoint
 * that is always rolled back, so that what it sets ends with it.
 */
function poolOf(session: Session) {
  const client = {
    async query(query: string | { text: string; values?: unknown[] }, values?: unknown[]) {
      const text = typeof query === "string" ? query : query.text;
      const border = /^\s*(BEGIN|COMMIT|ROLLBACK)\b/i.exec(text)?.[1]?.toUpperCase();
      if (border === "BEGIN") {
        await session.run("SAVEPOINT belay_facts");
        return { rows: [] };
      }
      if (border !== undefined) {
        await session.run("ROLLBACK TO SAVEPOINT belay_facts; RELEASE SAVEPOINT belay_facts");
        return { rows: [] };
      }
      const given = values ?? (typeof query === "string" ? [] : query.values);
      return { rows: await session.query(text, given) };
    },
    release() {},
  };
  return { connect: async () => client };
}
