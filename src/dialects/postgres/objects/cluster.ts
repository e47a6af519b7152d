// Owns: questions about objects of the whole cluster, whose statements run outside of transactions.

import type { Probe } from "../../../core/plan.ts";
import { literal } from "../names.ts";

/** Whether the statement that makes (or drops) it has happened. */
export function existsProbe(catalog: string, column: string, name: string, makes: boolean): Probe {
  const exists = `EXISTS (SELECT FROM ${catalog} WHERE ${column} = ${literal(name)})`;
  return {
    sql: `SELECT CASE WHEN ${makes ? exists : `NOT ${exists}`} THEN 'done' ELSE 'not-done' END`,
  };
}
