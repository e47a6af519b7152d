// Owns: all that a down has to put back, read from a database, and what differs between two states
// in words.

import { type Catalog, describeDifference, differences } from "../../../src/core/catalog.ts";
import type { Session } from "../../../src/dialects/dialect.ts";
import { extractCatalog } from "../../../src/dialects/postgres/catalog/extract.ts";
import { rawCatalog } from "../../objects/raw-catalog.ts";
import { independentFacts } from "../../support/independent.ts";

export interface State {
  catalog: Catalog;
  /** pg-delta's. */
  facts: string[];
  /** Every row of every system catalog. */
  raw: string[];
  /** By table; a row is its cells as text. */
  rows: Record<string, { columns: string[]; rows: string[][] }>;
  /** What each sequence would give next. */
  sequences: Record<string, string>;
  /** What no catalog above has: the database's own row, the server's objects, large objects. */
  rest: string[];
}

/** Which readers beside Belay's own are asked; each costs as much as that. */
export interface Readers {
  facts?: boolean;
  raw?: boolean;
}

export async function readState(
  url: string,
  session: Session,
  { facts = false, raw = false }: Readers = {},
): Promise<State> {
  const lookup = {
    rows: <T extends Record<string, unknown>>(sql: string, values?: unknown[]) =>
      session.query<T>(sql, values),
  };
  return {
    catalog: await extractCatalog(session),
    facts: facts ? (await independentFacts(url)).map(withoutPosition) : [],
    raw: raw ? await rawCatalog(lookup) : [],
    rows: await readRows(session),
    sequences: await readSequences(session),
    rest: await readRest(session),
  };
}

/** Its positions count the columns that were dropped, too. */
const withoutPosition = (fact: string) => fact.replace(/"_position":\d+,?/, "");

async function readRows(session: Session): Promise<State["rows"]> {
  const tables = await session.query<{ name: string; columns: string[] }>(
    `SELECT format('%I.%I', n.nspname, c.relname) AS name,
       coalesce((SELECT array_agg(quote_ident(a.attname) ORDER BY a.attnum) FROM pg_attribute a
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), '{}') AS columns
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'r' AND c.oid >= 16384
       AND c.relpersistence <> 't' AND n.nspname NOT IN ('pg_catalog', 'information_schema')`,
  );
  const read: State["rows"] = {};
  for (const { name, columns } of tables) {
    const cells = columns.map((column) => `${column}::text`).join(", ");
    const rows = await session.query<{ row: string[] }>(
      `SELECT json_build_array(${cells}) AS row FROM ONLY ${name}`,
    );
    read[name] = { columns, rows: rows.map(({ row }) => row) };
  }
  return read;
}

async function readSequences(session: Session): Promise<Record<string, string>> {
  const sequences = await session.query<{ name: string; step: string }>(
    `SELECT format('%I.%I', schemaname, sequencename) AS name, increment_by::text AS step
     FROM pg_sequences`,
  );
  const next: Record<string, string> = {};
  for (const { name, step } of sequences) {
    const [row] = await session.query<{ next: string }>(
      `SELECT (last_value::numeric + CASE WHEN is_called THEN ${step} ELSE 0 END)::text AS next
       FROM ${name}`,
    );
    next[name] = row?.next ?? "";
  }
  return next;
}

async function readRest(session: Session): Promise<string[]> {
  const rows = await session.query<{ line: string }>(
    `SELECT 'database owner ' || datdba::regrole || ', connection limit ' || datconnlimit AS line
       FROM pg_database WHERE datname = current_database()
     UNION ALL SELECT 'large object ' || oid || ' of ' || lomowner::regrole || ' '
       || encode(lo_get(oid), 'hex') FROM pg_largeobject_metadata
     UNION ALL SELECT 'schema ' || nspname || ' ' || nspacl::text FROM pg_namespace
       WHERE oid < 16384 AND nspname <> 'public'
     UNION ALL SELECT 'text search ' || mapcfg::regconfig || ' ' || maptokentype || ' '
       || mapseqno || ' ' || mapdict::regdictionary FROM pg_ts_config_map WHERE mapcfg < 16384
     UNION ALL SELECT 'user mapping ' || srvname || ' ' || umoptions::text FROM pg_user_mappings`,
  );
  return rows.map(({ line }) => line).sort();
}

/** What differs in both, one line each, by what found it. */
export interface Findings {
  catalog: string[];
  facts: string[];
  raw: string[];
  rows: string[];
  sequences: string[];
  rest: string[];
}

export function compareStates(before: State, after: State): Findings {
  return {
    catalog: differences(before.catalog, after.catalog, "name").map(describeDifference),
    facts: compareLines(before.facts, after.facts),
    raw: compareLines(before.raw, after.raw),
    rows: compareRows(before.rows, after.rows),
    sequences: Object.entries(before.sequences)
      .filter(([name, next]) => next !== (after.sequences[name] ?? next))
      .map(([name, next]) => `sequence ${name}: next was ${next}, is ${after.sequences[name]}`),
    rest: compareLines(before.rest, after.rest),
  };
}

/** Multisets: lines that are in one and not in the other. */
function compareLines(before: string[], after: string[]): string[] {
  const left = [...after];
  const gone = before.filter((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  return [...gone.map((line) => `- ${line}`), ...left.map((line) => `+ ${line}`)];
}

/** Tables that only one has are the catalog's business. */
export function compareRows(before: State["rows"], after: State["rows"]): string[] {
  return Object.entries(before).flatMap(([name, { columns, rows }]) => {
    const is = after[name];
    if (is === undefined || is.columns.join() !== columns.join()) return [];
    const counts = new Map<string, number>();
    const count = (row: string[], by: number) => {
      const key = JSON.stringify(row);
      counts.set(key, (counts.get(key) ?? 0) + by);
    };
    for (const row of rows) count(row, -1);
    for (const row of is.rows) count(row, 1);
    const changed = [...counts].filter(([, balance]) => balance !== 0);
    const parsed = changed.map(([row, balance]) => ({ cells: JSON.parse(row), balance }));
    return parsed.map(({ cells, balance }) => {
      const twin = parsed.find(
        (other) => other.balance * balance < 0 && other.cells[0] === cells[0],
      );
      const differing = columns.filter((_, at) => twin && twin.cells[at] !== cells[at]);
      const what = differing.length > 0 ? `column ${differing.join(", ")} of ` : "";
      return `table ${name}: ${what}row ${balance < 0 ? "gone" : "new"} ${JSON.stringify(cells)}`;
    });
  });
}
