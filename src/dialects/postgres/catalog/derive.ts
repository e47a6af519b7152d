// Owns: the undo of statements whose effect no text tells (DO, CALL, SELECT f()), derived from the
// catalog before and after them. The only file that knows `@supabase/pg-delta`, which is loaded
// when such a statement is met. What it does not model (storage parameters, statistics objects,
// casts, ...) is caught by the judge of the way back, which reads the catalog with our own queries.

import type { Action, FactBase } from "@supabase/pg-delta";
import type { UndoStatement } from "../../../core/plan.ts";
import type { Session } from "../../dialect.ts";

/** Everything that pg-delta knows of a database. */
export type Facts = FactBase;

export interface Derived {
  sql: UndoStatement[];
  /** What went and held data, e.g. `table public.users`; its rows are gone. */
  destroys: string[];
}

/** Reads inside the open transaction, or in one of its own; leaves no setting changed. */
export async function extractFacts(session: Session): Promise<Facts> {
  const { extract } = await import("@supabase/pg-delta/extract");
  const { factBase } = await extract(poolOf(session) as never);
  return factBase;
}

/** The statements that lead from `after` back to `before`, in order. */
export async function deriveUndo(before: Facts, after: Facts): Promise<Derived> {
  const { plan } = await import("@supabase/pg-delta/plan");
  const { actions } = plan(after, before, { scope: "database" });
  return {
    sql: actions.map(({ sql, transactionality }) => ({
      sql: sql.trim().replace(/;$/, ""),
      transactional: transactionality !== "nonTransactional",
    })),
    destroys: actions.flatMap(destroyedBefore),
  };
}

/** Kinds of facts whose objects hold rows or values. */
const dataKinds = new Set(["table", "column", "sequence"]);

/** What has to be created again was dropped; what has to be rewritten again was rewritten. */
function destroyedBefore({ verb, produces, consumes, rewriteRisk }: Action): string[] {
  const ids = verb === "create" ? produces : rewriteRisk ? consumes : [];
  return ids.flatMap((id) => {
    if (!dataKinds.has(id.kind) || !("schema" in id) || !("name" in id)) return [];
    const table = "table" in id ? [id.table] : [];
    return [`${id.kind} ${[id.schema, ...table, id.name].join(".")}`];
  });
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
