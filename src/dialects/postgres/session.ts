// Owns: PostgreSQL sessions over the `pg` driver, and the meaning of its errors.
// Leaves to the caller: transactions, retries, and what an error says about the user's migration.

import { once } from "node:events";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import pg from "pg";
import { from as copyFrom, to as copyTo } from "pg-copy-streams";
import { BelayError, messageOf, untouched } from "../../core/errors.ts";
import type { ConnectOptions, Session, Trouble } from "../dialect.ts";

/** SQLSTATEs that mean something to the engine; PostgreSQL manual, appendix A. */
const sqlstate = {
  lockNotAvailable: "55P03",
  deadlock: "40P01",
  serialization: "40001",
  queryCanceled: "57014",
} as const;

/** What an error of a session means; see {@link Trouble}. */
export function troubleOf(error: unknown): Trouble {
  if (!(error instanceof pg.DatabaseError)) {
    const message = messageOf(error);
    return { kind: isSocketError(error) ? "connection" : "internal", message };
  }
  const code = error.code ?? "";
  const message = [error.message, error.detail, error.hint].filter(Boolean).join("; ");
  const offset = error.position === undefined ? {} : { offset: Number(error.position) - 1 };
  const kind = kindOf(code, error.message);
  return {
    ...{ kind, message, code, ...offset },
    ...(missing.has(code) && { isMissing: true }),
    ...((misfit.has(code) || code.startsWith("22")) && { isMisfit: true }),
  };
}

/** Undefined table, column, object, function; invalid schema name. */
const missing = new Set(["42P01", "42703", "42704", "42883", "3F000"]);

/**
 * Besides data exceptions: datatype_mismatch, cannot_coerce, ambiguous_function, wrong_object_type,
 * invalid_foreign_key, invalid_table_, _object_ and _function_definition, undefined_function,
 * undefined_object (no operator class), collation_mismatch, indeterminate_collation,
 * object_not_in_prerequisite_state (of a column that has not become an identity again);
 * dependent_objects_still_exist and duplicate_object (of a type that a column had to keep).
 */
const misfit = new Set([
  ...["42804", "42846", "42725", "42809", "42830", "42P16", "42P17", "42P13"],
  ...["42883", "42704", "42P21", "42P22", "55000", "2BP01", "42710", "42803", "0A000"],
]);

/** The driver's own words for a lost connection, and the operating system's errors under them. */
const socketWords =
  /connection (terminated|given up|error)|client (was closed|has encountered)|not queryable/i;

function isSocketError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // A file system's errors have those too, and name a path.
  const isOfSystem = ("syscall" in error || "errno" in error) && !("path" in error);
  return isOfSystem || socketWords.test(error.message);
}

function kindOf(code: string, message: string): Trouble["kind"] {
  if (code === sqlstate.lockNotAvailable) return "lock-timeout";
  if (code === sqlstate.deadlock) return "deadlock";
  if (code === sqlstate.serialization) return "serialization";
  // One SQLSTATE for two things; the server's English is the only way to tell (lc_messages is set
  // to C by our sessions where the role may; a miss reads as "cancelled").
  if (code === sqlstate.queryCanceled) {
    return message.includes("statement timeout") ? "statement-timeout" : "cancelled";
  }
  // 08: connection exception; 57P: the server's goodbye (shutdown, crash, terminated by somebody).
  return code.startsWith("08") || code.startsWith("57P") ? "connection" : "server";
}

class PostgresSession implements Session {
  readonly pid: number;
  readonly #client: pg.Client;
  readonly #options: ConnectOptions;
  #closed = false;
  /** The driver wants one query at a time; heartbeats and lock watching share a session. */
  #last: Promise<unknown> = Promise.resolve();
  /** Part of each name: grows when a migration may have thrown away what was prepared. */
  #generation = 0;

  constructor(client: pg.Client, pid: number, options: ConnectOptions) {
    this.#client = client;
    this.pid = pid;
    this.#options = options;
  }

  async query<T extends Record<string, unknown>>(
    sql: string,
    values: unknown[] = [],
    name?: string,
  ): Promise<T[]> {
    const result = await this.#inTurn(() => {
      const named = name === undefined ? {} : { name: `${name}-${this.#generation}` };
      return this.#client.query({ text: sql, values, ...named });
    });
    return result.rows;
  }

  async run(sql: string): Promise<number> {
    // A query without values goes by the simple protocol: several statements are allowed, and
    // CREATE INDEX CONCURRENTLY is not wrapped into a transaction by the driver.
    const result = await this.#inTurn(() => {
      // A word in a comment only has them prepared again.
      if (/\b(discard\s+all|deallocate)\b/i.test(sql)) this.#generation += 1;
      return this.#client.query(sql) as Promise<pg.QueryResult | pg.QueryResult[]>;
    });
    const last = Array.isArray(result) ? result.at(-1) : result;
    return last?.rowCount ?? 0;
  }

  async copyIn(sql: string, data: string | Readable): Promise<number> {
    return this.#inTurn(async () => {
      const stream = this.#client.query(copyFrom(sql));
      if (typeof data !== "string") {
        await pipeline(data, stream);
        return stream.rowCount ?? 0;
      }
      const finished = once(stream, "finish");
      stream.end(data);
      await finished;
      return stream.rowCount ?? 0;
    });
  }

  async copyOut(sql: string, take: (rows: Readable) => Promise<void>): Promise<void> {
    await this.#inTurn(async () => {
      try {
        await take(this.#client.query(copyTo(sql)));
      } catch (error) {
        // Nobody reads the rest, and the driver would wait for it.
        if (!(error instanceof pg.DatabaseError)) this.destroy();
        throw error;
      }
    });
  }

  #inTurn<T>(query: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(query, query);
    this.#last = turn.catch(() => {});
    return turn;
  }

  async cancel(): Promise<void> {
    // pg_cancel_backend needs a connection of its own: this session's is busy.
    const helper = await connect({ ...this.#options, applicationName: "belay:cancel" });
    try {
      await helper.query("SELECT pg_cancel_backend($1)", [this.pid]);
    } finally {
      await helper.close();
    }
  }

  destroy(): void {
    this.#closed = true;
    // The socket is private in pg's types; ending it is the only way out of a query that will
    // never be answered (a cut network), and the driver then rejects that query.
    (
      this.#client as unknown as { connection: { stream: { destroy(error?: Error): void } } }
    ).connection.stream.destroy(new Error("connection given up"));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#client.end().catch(() => {});
  }
}

/** Opens a session. Throws BELAY_CONNECT, or BELAY_SERVER_UNSUPPORTED below PostgreSQL 14. */
export async function connect(options: ConnectOptions): Promise<Session> {
  const client = new pg.Client({
    connectionString: options.url,
    application_name: options.applicationName,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 10_000,
    keepAlive: true,
  });
  // Without a listener a dropped idle connection would crash the process; the next query reports it.
  client.on("error", () => {});
  try {
    await client.connect();
  } catch (cause) {
    await client.end().catch(() => {});
    throw new BelayError("BELAY_CONNECT", `Cannot connect to ${safeUrl(options.url)}`, {
      state: untouched,
      hint: `${messageOf(cause)}. Check --database-url (or DATABASE_URL).`,
      cause,
    });
  }
  const rows = await client.query<{ pid: number; version: number }>(
    "SELECT pg_backend_pid() AS pid, current_setting('server_version_num')::int AS version",
  );
  const { pid, version } = rows.rows[0] ?? { pid: 0, version: 0 };
  if (version < 140_000) {
    await client.end();
    throw new BelayError("BELAY_SERVER_UNSUPPORTED", `PostgreSQL ${version} is too old`, {
      state: untouched,
      hint: "Belay works with PostgreSQL 14 and later.",
      details: { server_version_num: version },
    });
  }
  return new PostgresSession(client, pid, options);
}

/** A connection URL without its password, for messages. */
export function safeUrl(url: string): string {
  try {
    const parsed = new URL(url);
    if (parsed.password !== "") parsed.password = "***";
    return parsed.toString();
  } catch {
    return "the given database URL";
  }
}
