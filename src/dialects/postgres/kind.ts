// Owns: the shape of a statement kind. One kind = one file in `kinds/` that exports one `kind`.
// Adding a kind is one file and its test; `npm run gen` lists it.

import type { AlterTableCmd, AlterTableStmt } from "@pgsql/types";
import type { Change, Lock, Probe, Undo } from "../../core/plan.ts";
import type { ShelfId } from "./shelf-names.ts";

/** Reads the catalog of the target, in the session and transaction of the migration. */
export interface Lookup {
  /** Runs a catalog query with `$1`-style parameters. */
  rows<T extends Record<string, unknown>>(sql: string, values?: unknown[]): Promise<T[]>;
  /** Names a new shelf. Absent: statements run as written, and destroy what they drop. */
  shelf?(): ShelfId;
  /** TRUNCATE sets tables from this size on aside; smaller ones' rows are captured. Absent: all are. */
  asideAboveBytes?: number;
  /** What the author says of rows that are born while a column is hidden: SQL over its table. */
  fillOf?(column: string): string | undefined;
  /** The text of a whole statement, in whose place something else can run; absent: it is part of one. */
  whole?: string;
}

/** What is known of a statement without asking any server. */
export interface Description {
  changes: Change[];
  locks: Lock[];
  /** Default false. */
  scans?: boolean;
  /** Default false. */
  rewrites?: boolean;
  /** Default true. */
  transactional?: boolean;
  /** Required when `transactional` is false, unless running the statement twice is harmless. */
  probe?: Probe;
  /** A session setting. */
  session?: boolean;
  /**
   * Undo as far as the text alone tells. Kinds with `recall` give the verdict they expect, with
   * the SQL they can already write.
   */
  undo: Undo;
  /** The step ends behind this statement, because later ones need it committed (ADD VALUE). */
  endsStep?: boolean;
  /**
   * True when what the statement does can only be seen by comparing the catalog before and after
   * (DO, CALL, SELECT f()). The engine then observes it.
   */
  observe?: boolean;
}

/**
 * An undo that is only known once the statement has run, because the server chooses a name.
 * `undo` is what is known before; `settle` runs right after, in the same session.
 */
export interface Unsettled {
  undo: Undo;
  settle(catalog: Lookup): Promise<Undo>;
}

/** One command of an ALTER TABLE, with the statement it stands in. */
export interface TableCommand {
  statement: AlterTableStmt;
  command: AlterTableCmd;
}

/**
 * One kind of statement. `Node` is the inner parse node of libpg-query, e.g. the value under
 * `CreateStmt`; for ALTER TABLE it is {@link TableCommand}, one command at a time.
 */
export interface Kind<Node = never> {
  /** Verb-noun; the file's name. */
  kind: string;
  /** The libpg-query nodes, or `AlterTableStmt/<subtype>` for one ALTER TABLE command. */
  node: string | readonly string[];
  /** Tells kinds that share a node apart; asked before those that take every such node. */
  matches?(node: Node): boolean;
  /** Pure; throws BelayError for statements that are refused by name. */
  describe(node: Node): Description;
  /**
   * Asks the catalog, just before the statement runs, for what its undo needs (definitions of
   * what it drops or replaces, whether IF NOT EXISTS finds something). Absent, or undefined
   * returned: `describe` said it all.
   * The commands of one ALTER TABLE are all recalled before any of them runs.
   * SQL uses names as the statement wrote them, or qualified ones; the engine restores the
   * search_path for undo.
   */
  recall?(node: Node, catalog: Lookup): Promise<Undo | Unsettled | undefined>;
}

/** Keeps the node type while fitting the registry. */
export function defineKind<Node>(kind: Kind<Node>): Kind<Node> {
  return kind;
}
