// Owns: an undo's statements as steps. What reads a whole table is kept behind the others where that
// takes long, since the locks of the others are held until their transaction ends.

import {
  type ConflictPolicy,
  nothingToUndo,
  type PlannedStatement,
  type Step,
  type UndoStatement,
} from "../../core/plan.ts";
import type { Sizes } from "../dialect.ts";
import { classify } from "./classify.ts";
import { parseScript } from "./parse.ts";

export interface UndoStepsOptions {
  onConflict?: ConflictPolicy | undefined;
  sizes?: Sizes | undefined;
}

export async function undoToSteps(
  statements: readonly UndoStatement[],
  { onConflict = "keep-newer", sizes }: UndoStepsOptions = {},
): Promise<Step[]> {
  const planned: PlannedStatement[][] = [];
  for (const each of statements) planned.push(await plannedOf(each));
  const large = await largeOf(statements, sizes);
  const last = new Set<number>();
  let isHarmless = true;
  for (let at = statements.length - 1; at >= 0; at -= 1) {
    if (isHarmless && large.has(statements[at]?.behind?.oid ?? "")) last.add(at);
    else isHarmless &&= planned[at]?.every(mayPrecede) ?? true;
  }
  const steps: Omit<Step, "id">[] = grouped(planned.filter((_, at) => !last.has(at)).flat());
  for (const [at, each] of statements.entries()) {
    if (!last.has(at)) continue;
    const otherwise = await plannedOf({ ...each, sql: each.behind?.otherwise ?? "" });
    steps.push({ transactional: true, statements: planned[at] ?? [], otherwise });
  }
  const all = steps.map((step, index) => ({ id: String(index + 1), ...step }));
  if (onConflict === "keep-newer") return all;
  return Promise.all(all.map((step) => withPolicy(step, onConflict)));
}

function grouped(statements: readonly PlannedStatement[]) {
  const steps: Omit<Step, "id">[] = [];
  for (const statement of statements) {
    const last = steps.at(-1);
    if (statement.transactional && last?.transactional) last.statements.push(statement);
    else steps.push({ transactional: statement.transactional, statements: [statement] });
  }
  return steps;
}

/** What they do is nothing to a statement that finds its table by number and its constraint by name. */
const harmless =
  /^(rename-(table|column|index)|set-default|add-(check|not-null|foreign-key)|comment|grant|revoke)$/;

const mayPrecede = ({ transactional, changes }: PlannedStatement) =>
  transactional && changes.every(({ kind }) => harmless.test(kind));

/** What they make, change or remove holds no rows, and no rows are found by its name. */
const definition = new RegExp(
  `^(${[
    "(create|drop|rename)-(aggregate|cast|collation|constraint|domain|function|index|materialized-view|operator|policy|procedure|rule|statistics|trigger|type|view)",
    "(add|drop)-(default|identity|inherit|not-null)",
    "add-(check|exclusion|foreign-key|primary-key|unique)",
    "set-(column-options|default|not-null|options|sequence|statistics|storage)",
    "set-(function|type|view)-schema",
    "(.*-)?owner-to",
    // Only of one that could not come back itself; see `leave-out.ts`.
    "drop-column",
    "alter-policy|alter-publication|set-of-type|attach-partition|cluster-on|comment|enable-(rule|trigger)|grant|replica-identity|revoke",
  ].join("|")})$`,
);

async function plannedOf(undo: UndoStatement) {
  const { sql, searchPath, merges, locks, mayBeGone } = undo;
  const read = await parseScript({ path: "", sql, line: 1, transaction: "auto" });
  return read.map((each): PlannedStatement => {
    const statement: PlannedStatement = { ...classify(each), line: 0, ...mergingOf(merges) };
    if (locks !== undefined) statement.locks = locks;
    if (searchPath !== undefined) statement.searchPath = searchPath;
    if (mayBeGone) statement.mayBeGone = true;
    const isDefinition = !merges && statement.changes.every(({ kind }) => definition.test(kind));
    if (undo.mayNotFit || isDefinition) statement.mayNotFit = true;
    return statement;
  });
}

/** In the plan, so that a recovery goes on with the same policy. */
async function withPolicy(step: Step, policy: ConflictPolicy): Promise<Step> {
  if (!step.statements.some(({ merges }) => merges !== undefined)) return step;
  const sql = `SET LOCAL belay.on_conflict = '${policy}'`;
  const [set] = await parseScript({ path: "", sql, line: 1, transaction: "auto" });
  const statement: PlannedStatement[] = set ? [{ ...classify(set), line: 0 }] : [];
  return { ...step, statements: [...statement, ...step.statements] };
}

function mergingOf(merges: string[] | undefined): Partial<PlannedStatement> {
  if (merges === undefined) return {};
  const changes = merges.map((object) => ({ kind: "merge", object }));
  return { merges, changes, undo: nothingToUndo };
}

/** Of what is worth a form: a rollback's locks keep readers waiting too. */
const share = 1 / 16;

async function largeOf(
  statements: readonly UndoStatement[],
  sizes: Sizes | undefined,
): Promise<Set<string>> {
  const oids = statements.flatMap(({ behind }) => behind?.oid ?? []);
  if (sizes === undefined || oids.length === 0) return new Set();
  const rows = await sizes.session.query<{ oid: string }>(
    `SELECT oid::text FROM pg_catalog.pg_class
     WHERE oid = ANY ($1::oid[]) AND pg_catalog.pg_table_size(oid) >= $2`,
    [oids, sizes.onlineAboveBytes * share],
  );
  return new Set(rows.map(({ oid }) => oid));
}
