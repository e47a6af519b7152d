// Owns: asking the statement kinds what a parsed statement does and how it is undone.

import { BelayError } from "../../core/errors.ts";
import type { PlannedStatement, Undo } from "../../core/plan.ts";
import { refuseUnknown } from "../../sql/directives.ts";
import type { Keeping } from "../dialect.ts";
import { commandsOf } from "./alter-table.ts";
import { composeDescriptions, composeUndos } from "./compose.ts";
import { fillsOf } from "./fills.ts";
import type { Description, Kind, Lookup, Unsettled } from "./kind.ts";
import { kinds } from "./kinds/all.generated.ts";
import { opaque } from "./opaque.ts";
import type { ParsedStatement } from "./parse.ts";
import { refuseReserved } from "./reserved.ts";

/** What was known just before the statement ran; `settle`, if there, tells the rest just after. */
export interface Recalled {
  undo: Undo;
  settle?(catalog: Lookup): Promise<Undo>;
}

/** One change of a statement: its kind, and the node in that kind's form. */
interface Part {
  kind: Kind;
  node: never;
}

/** Kinds by node; those that choose by `matches` come before those that take every node. */
const byNode = new Map<string, Kind[]>();
for (const kind of kinds) {
  for (const node of typeof kind.node === "string" ? [kind.node] : kind.node) {
    const others = byNode.get(node) ?? [];
    byNode.set(node, kind.matches ? [kind, ...others] : [...others, kind]);
  }
}

/** Throws BELAY_SQL_* with `at` for what is refused. Touches no server. */
export function classify(statement: ParsedStatement): PlannedStatement {
  return planned(statement, describe(statement));
}

/** A statement of which the kinds have told what they know. */
export function planned(statement: ParsedStatement, known: Description): PlannedStatement {
  const { rewrites, scans, transactional, probe, session, observe } = known;
  return {
    sql: statement.sql,
    line: statement.line,
    changes: known.changes,
    locks: known.locks,
    scans: scans ?? false,
    rewrites: rewrites ?? false,
    transactional: transactional ?? true,
    ...(statement.copyData === undefined ? {} : { copyData: statement.copyData }),
    ...(session ? { session } : {}),
    ...(probe ? { probe } : {}),
    undo: known.undo,
    ...(partsOf(statement).some(({ kind }) => kind.recall) ? { undoFromCatalog: true } : {}),
    ...(observe ? { observe } : {}),
    ...(statement.directives.some(({ name }) => name === "verbatim") ? { verbatim: true } : {}),
    ...fillsOf(statement),
  };
}

/** As {@link classify}, in the kinds' own words. */
export function describe(statement: ParsedStatement): Description {
  refuseReserved(statement);
  refuseUnknown(statement.directives, `${statement.path}:${statement.line}`);
  try {
    const all = partsOf(statement).map(({ kind, node }) => kind.describe(node));
    return composeDescriptions(all);
  } catch (thrown) {
    throw located(thrown, statement);
  }
}

/** Call just before the statement runs, in its session and transaction. */
export async function recall(
  statement: ParsedStatement,
  given: Lookup,
  returns: Keeping["returns"] = new Map(),
): Promise<Recalled> {
  const all: (Undo | Unsettled)[] = [];
  const parts = partsOf(statement);
  const catalog: Lookup = { ...given, ...(parts.length === 1 && { whole: statement.sql }) };
  if (given.shelf) {
    // All parts of a statement keep what they keep in one place.
    let id: string | undefined;
    catalog.shelf = () => {
      id ??= given.shelf?.() ?? "";
      return id;
    };
  }
  for (const { kind, node } of parts) {
    all.push((await kind.recall?.(node, catalog)) ?? kind.describe(node).undo);
  }
  const undo = composeUndos(all.map((each) => ("settle" in each ? each.undo : each)));
  if (!all.some((each) => "settle" in each)) return { undo: returning(undo, returns) };
  return {
    undo,
    settle: async (after) => {
      const settled: Undo[] = [];
      for (const each of all) settled.push("settle" in each ? await each.settle(after) : each);
      return composeUndos(settled);
    },
  };
}

/** What a rollback has put aside returns in place of the statement that would make it anew. */
function returning(undo: Undo, returns: NonNullable<Keeping["returns"]>): Undo {
  if (undo.kind !== "exact") return undo;
  const [only, ...others] = undo.sql;
  const found = others.length === 0 && only ? returns.get(only.sql) : undefined;
  if (found === undefined) return undo;
  return { kind: "shelved", sql: undo.sql, kept: { frees: found.shelf, instead: found.sql } };
}

function partsOf(statement: ParsedStatement): Part[] {
  const [name, node] = Object.entries(statement.node)[0] ?? ["", {}];
  if ("AlterTableStmt" in statement.node) {
    return commandsOf(statement.node.AlterTableStmt).map((command) => ({
      kind: kindFor(`${name}/${command.command.subtype}`, command),
      node: command as never,
    }));
  }
  return [{ kind: kindFor(name, node), node: node as never }];
}

function kindFor(name: string, node: unknown): Kind {
  const found = byNode.get(name)?.find((kind) => kind.matches?.(node as never) ?? true);
  return found ?? opaque(name);
}

/** Kinds know no files; the place is added here. */
function located(thrown: unknown, statement: ParsedStatement): unknown {
  if (!(thrown instanceof BelayError) || thrown.at !== undefined || statement.path === "") {
    return thrown;
  }
  return new BelayError(thrown.code, thrown.message, {
    at: `${statement.path}:${statement.line}`,
    ...(thrown.state === undefined ? {} : { state: thrown.state }),
    ...(thrown.hint === undefined ? {} : { hint: thrown.hint }),
    details: thrown.details,
    exit: thrown.exit,
    cause: thrown,
  });
}
