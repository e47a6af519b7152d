// Owns: PostgreSQL behind the dialect port. Each member is a few lines over the file that knows.

import { BelayError } from "../../core/errors.ts";
import type { Fill, PlannedStatement } from "../../core/plan.ts";
import type { Dialect, Keeping, OtherSession, Session, Timeouts, Undoer } from "../dialect.ts";
import { runBatch } from "./batch.ts";
import { carry } from "./carrying.ts";
import { extractCatalog } from "./catalog/extract.ts";
import { markObservation, type ObservationMark, observe } from "./catalog/observe.ts";
import { versionOf } from "./catalog/server.ts";
import { classify, recall } from "./classify.ts";
import { withFills } from "./fills.ts";
import { safely } from "./forms/safely.ts";
import { isInternal } from "./internal-trigger.ts";
import type { Lookup } from "./kind.ts";
import { awaitMaintenance } from "./maintenance.ts";
import { observer } from "./observer.ts";
import { type ParsedStatement, parseScript, parseStatement } from "./parse.ts";
import { readings } from "./readings.ts";
import { rowSamples } from "./row-sample.ts";
import { pathText } from "./search-path.ts";
import { sequenceNumbers } from "./sequence-numbers.ts";
import { connect, troubleOf } from "./session.ts";
import { contentsOf, makeTable, portably } from "./shelf-contents.ts";
import { dependentsOnShelf, destructionOf, shelvedOn } from "./shelves.ts";
import { splitCommands } from "./split-commands.ts";
import { standing } from "./standing.ts";
import { toSteps } from "./steps.ts";
import { undoToSteps } from "./undo-steps.ts";

/** Parsed once; a statement that comes out of the journal is parsed again. */
const parsedOf = new WeakMap<PlannedStatement, ParsedStatement>();

async function parsed(statement: PlannedStatement): Promise<ParsedStatement> {
  const known = parsedOf.get(statement);
  if (known !== undefined) return known;
  const { sql, line, copyData } = statement;
  // COPY cannot be read without its data: the parser's side checks that it has an end.
  const text = copyData === undefined ? sql : `${sql};\n${copyData}\\.\n`;
  const read = await parseStatement(text, line);
  parsedOf.set(statement, read);
  return read;
}

/** Rows of smaller tables are copied as fast as a table is made anew, and the table stays where it is. */
const asideAboveBytes = 128 * 1024;

function lookup(session: Session, keeping?: Keeping, fills: readonly Fill[] = []): Lookup {
  return {
    rows: (sql, values) => session.query(sql, values),
    ...(keeping && {
      shelf: keeping.shelf,
      asideAboveBytes: Math.min(keeping.onlineAboveBytes ?? asideAboveBytes, asideAboveBytes),
    }),
    fillOf: (name) => fills.find(({ column }) => column === name)?.expression,
  };
}

function timeoutSql(scope: "SET" | "SET LOCAL", { lockMs, statementMs }: Timeouts): string {
  return `${scope} lock_timeout = ${lockMs}; ${scope} statement_timeout = ${statementMs}`;
}

/**
 * Whether it may be committed before the migration is done, so that a later failure still leaves
 * nothing: its undo is exact. Where triggers change further rows, that is not known.
 */
async function canBeTakenBack(session: Session, statement: PlannedStatement, keeping?: Keeping) {
  if (!statement.undoFromCatalog) return statement.undo.kind === "exact";
  await session.run("BEGIN READ ONLY");
  try {
    const { foreseenPath } = statement;
    if (foreseenPath) await postgres.setSearchPath(session, foreseenPath, true);
    const undo = await (await undoer(statement, keeping)).before(session);
    if (undo.kind === "lossy" || undo.kind === "irreversible") return false;
    return undo.kind !== "captured" || !(await firesTriggers(lookup(session), undo.kept.tables));
  } catch (error) {
    if (troubleOf(error).kind === "connection") throw error;
    return false;
  } finally {
    await session.run("ROLLBACK");
  }
}

async function firesTriggers(catalog: Lookup, tables: readonly string[] = []): Promise<boolean> {
  const found = await catalog.rows(
    `SELECT FROM pg_trigger t WHERE NOT ${isInternal("t")} AND tgenabled <> 'D'
       AND tgrelid = ANY (SELECT to_regclass(each)::oid FROM unnest($1::text[]) each)`,
    [tables],
  );
  return found.length > 0;
}

async function undoer(statement: PlannedStatement, keeping?: Keeping): Promise<Undoer> {
  const { merges, form, undo, undoFromCatalog } = statement;
  if (merges || (form && !undoFromCatalog))
    return { before: async () => undo, after: async () => undo };
  const read = form ? await parseStatement(form.written) : await parsed(statement);
  if (classify(read).observe) return observer(statement, (session) => lookup(session, keeping));
  let recalled: Awaited<ReturnType<typeof recall>>;
  return {
    async before(session) {
      const catalog = lookup(session, keeping, statement.fills);
      recalled = await recall(read, catalog, keeping?.returns);
      return recalled.undo;
    },
    async after(session) {
      return (await recalled.settle?.(lookup(session))) ?? recalled.undo;
    },
  };
}

const sessionColumns = `
  pid, coalesce(usename, '') AS user, application_name AS application, state, left(query, 200) AS query`;

async function blockers(session: Session, pid: number) {
  const holders = await session.query<OtherSession>(
    `SELECT ${sessionColumns} FROM pg_stat_activity WHERE pid = ANY (pg_blocking_pids($1))`,
    [pid],
  );
  const waiters = await session.query<OtherSession>(
    `SELECT ${sessionColumns} FROM pg_stat_activity
      WHERE wait_event_type = 'Lock' AND $1 = ANY (pg_blocking_pids(pid))`,
    [pid],
  );
  return { holders, waiters };
}

export const postgres: Dialect = {
  name: "postgres",
  connect,
  server: async (session) => `postgres ${Math.floor((await versionOf(session)) / 10_000)}`,
  toSteps: async (script, { keeping = false, returning = false } = {}) => {
    const read = await withFills(script, await parseScript(script));
    // Where each statement is a transaction, the parts of one would be several.
    const splits = keeping && script.transaction === "auto";
    return toSteps(splits ? await splitCommands(read, returning) : read, script.transaction);
  },
  undoToSteps,
  safely: (session, steps, { onlineAboveBytes, keeping }) => {
    const isTakenBack = async (statement: PlannedStatement) =>
      canBeTakenBack(session, statement, keeping);
    return safely(lookup(session, keeping), steps, { onlineAboveBytes, isTakenBack });
  },

  async begin(session, timeouts) {
    await session.run(`BEGIN; ${timeoutSql("SET LOCAL", timeouts)}`);
  },
  async commit(session) {
    // COMMIT of a transaction that has failed answers ROLLBACK, without an error.
    await session.run("COMMIT");
  },
  async rollback(session) {
    await session.run("ROLLBACK");
  },
  async setTimeouts(session, timeouts) {
    await session.run(timeoutSql("SET", timeouts));
  },
  async restoreTimeouts(session, timeouts) {
    await session.run(timeoutSql("SET LOCAL", timeouts));
  },
  async reset(session) {
    // Not DISCARD ALL: it would drop the prepared statements that the driver still counts on.
    await session.run(
      "RESET SESSION AUTHORIZATION; RESET ALL; CLOSE ALL; UNLISTEN *; DISCARD TEMP; DISCARD SEQUENCES",
    );
  },
  async identities(session, names) {
    const bare = new Map(names.map((name) => [name.replaceAll('"', ""), name]));
    const rows = await session.query<{ identity: string; bare: string }>(
      `SELECT 'pg_class:' || c.oid AS identity, t.name AS bare
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
           JOIN unnest($1::text[]) AS t(name)
             ON t.name = replace(n.nspname || '.' || c.relname, '"', '')
        WHERE c.relkind IN ('r', 'p')`,
      [[...bare.keys()]],
      "belay-identities",
    );
    return rows.map((row) => [row.identity, bare.get(row.bare) ?? row.bare]);
  },
  async searchPath(session) {
    const [row] = await session.query<{ path: string[] }>(
      "SELECT current_schemas(false)::text[] AS path",
      [],
      "belay-search-path",
    );
    return row?.path ?? [];
  },
  async setSearchPath(session, path, inTransaction) {
    const values = [pathText(path), inTransaction];
    await session.query("SELECT set_config('search_path', $1, $2)", values);
  },

  undoer,
  async execute(session, statement) {
    if (statement.copyData === undefined) await session.run(statement.sql);
    else await session.copyIn(statement.sql, statement.copyData);
  },
  batch: runBatch,
  awaitMaintenance,
  async probe(session, probe) {
    const [row] = await session.query(probe.sql);
    const [state, cleanup] = Object.values(row ?? {});
    if (state === "done" || state === "not-done" || state === "half") {
      return { state, ...(typeof cleanup === "string" && { cleanup }) };
    }
    throw new BelayError("BELAY_INTERNAL", `A probe answered ${JSON.stringify(state)}`, {
      state: "Unknown: it could not be asked whether the statement has happened.",
      details: { probe: probe.sql },
    });
  },

  standing: async (session, statements, options) => {
    const planned = (await undoToSteps(statements)).flatMap((step) => step.statements);
    return standing(session, statements, planned, options);
  },
  async refusesKeeping(session) {
    const [row] = await session.query<{ may: boolean }>(
      "SELECT has_database_privilege(current_database(), 'CREATE') AS may",
    );
    return row?.may ? undefined : "its role may not create schemas (GRANT CREATE ON DATABASE)";
  },
  shelved: (session, shelves) => shelvedOn(lookup(session), shelves),
  contents: (session, shelf) => contentsOf(lookup(session), shelf),
  writePortably: (session) => session.run(portably).then(() => {}),
  makeTable,
  dependents: (session, shelf) => dependentsOnShelf(lookup(session), shelf),
  destruction: (session, shelves) => destructionOf(lookup(session), shelves),

  extract: (session) => extractCatalog(session),
  mark: markObservation,
  observe: (session, mark, before) => observe(session, mark as ObservationMark, before),
  carry: (session, changed, keeping) => carry(session, lookup(session), changed, keeping),
  async unhealthy(session) {
    const rows = await session.query<{ line: string }>(
      `SELECT 'index ' || indexrelid::regclass || ' on ' || indrelid::regclass || ' is INVALID' AS line
         FROM pg_index WHERE NOT indisvalid
          AND NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = indexrelid AND c.relkind = 'I')
        ORDER BY 1`,
    );
    return rows.map((row) => row.line);
  },

  trouble: troubleOf,
  blockers,
  readings,
  rowSamples,
  sequenceNumbers,
};
