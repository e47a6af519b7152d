// Owns: one case: a schema, rows, migrations, writers, and ups, downs, redos and finalizes in some
// order, each judged. Migrations are put together with the server's help: a statement that it
// refuses is left out, and what it makes of the others is what Belay's run of them must come to.

import fc from "fast-check";
import type { Conflict, Loss } from "../../src/core/plan.ts";
import { changes } from "./changes.ts";
import { differentLines, judgeDown, type Lineage, lineageOf, type Told } from "./oracle.ts";
import type { Place } from "./place.ts";
import { picksArbitrary, schemaArbitrary, schemaSql, type TablePick } from "./schema.ts";
import { ident, readShape, readSnapshot, SameTag, type Snapshot, shapeLines } from "./snapshot.ts";
import { Picks } from "./vocabulary.ts";
import { aimsOf, refusalProblem, writeOf } from "./writes.ts";

interface ChangePick {
  kind: string;
  picks: number[];
}

type Act =
  | { verb: "up"; changes: ChangePick[] }
  | { verb: "write"; shape: number; picks: number[][] }
  | { verb: "down" | "redo" | "finalize"; which: number };

export interface Case {
  schema: TablePick[];
  acts: Act[];
}

const changeArbitrary = fc.record({
  kind: fc.oneof(
    ...Object.entries(changes).map(([kind, [weight]]) => ({
      weight,
      arbitrary: fc.constant(kind),
    })),
  ),
  picks: picksArbitrary,
});

const up = fc.record({
  verb: fc.constant("up" as const),
  changes: fc.array(changeArbitrary, { minLength: 1, maxLength: 5 }),
});

const write = fc.record({
  verb: fc.constant("write" as const),
  shape: fc.nat({ max: 3 }),
  picks: fc.array(picksArbitrary, { minLength: 1, maxLength: 6 }),
});

const other = (verb: "down" | "redo" | "finalize") =>
  fc.record({ verb: fc.constant(verb), which: fc.nat({ max: 3 }) });

export const caseArbitrary: fc.Arbitrary<Case> = fc.record({
  schema: schemaArbitrary,
  acts: fc
    .tuple(
      up,
      fc.array(
        fc.oneof(
          { weight: 8, arbitrary: write },
          { weight: 4, arbitrary: up },
          { weight: 3, arbitrary: other("down") },
          { weight: 1, arbitrary: other("redo") },
          { weight: 1, arbitrary: other("finalize") },
        ),
        { maxLength: 7 },
      ),
    )
    .map(([first, rest]): Act[] => [first, ...rest]),
});

/** What all cases came to, so that a run says what it was about. */
export interface Tally {
  ups: number;
  failedUps: number;
  downs: number;
  lossy: number;
  refused: number;
  redos: number;
  finalized: number;
  writes: number;
  refusedWrites: number;
  conflicts: number;
  /** Ended early: see `isAgain` of {@link CaseRun}. */
  doubled: number;
  kinds: Map<string, number>;
}

export const emptyTally = (): Tally => ({
  ...{ ups: 0, failedUps: 0, downs: 0, lossy: 0, refused: 0, redos: 0, finalized: 0 },
  ...{ writes: 0, refusedWrites: 0, conflicts: 0, doubled: 0, kinds: new Map() },
});

/** An applied migration, or one that was. */
interface Level {
  version: string;
  sql: string;
  kinds: string[];
  was: Snapshot;
  left: Snapshot;
  lineage: Lineage;
  verdict: string;
  losses: Loss[];
  /** Just before its rollback. */
  undone?: Snapshot;
}

const writing = [
  "update",
  "delete",
  "insert",
  "merge",
  "move keys",
  "truncate",
  "block",
  "through",
];
const filesMax = 3;

export class CaseRun {
  /** All that was run, to be run again by hand. */
  readonly script: string[] = [];
  private readonly files = new Map<string, string>();
  /** A migration that was taken back had destroyed something, which is missing now. */
  private hasLost = false;
  private readonly stack: Level[] = [];
  private readonly rolledBack: Level[] = [];
  private now!: Snapshot;
  private fresh = 0;
  /** Nothing more can be taken back, or applied. */
  private isOver = false;
  /** A rollback has left a constraint or a type as it was not, and said so. */
  private isOff = false;
  /**
   * A migration ran once more: where it inserts a row that had to stay, since somebody had changed it and
   * has given it another key, there are two of them.
   */
  private isAgain = false;

  private readonly place: Place;
  private readonly tally: Tally;

  constructor(place: Place, tally: Tally) {
    this.place = place;
    this.tally = tally;
  }

  async run(given: Case): Promise<void> {
    try {
      await this.play(given);
    } catch (error) {
      if (!(this.isAgain && error instanceof SameTag)) throw error;
      this.tally.doubled += 1;
    }
  }

  private async play({ schema, acts }: Case): Promise<void> {
    await this.place.clear();
    const { ddl, rows } = schemaSql(schema);
    for (const sql of [...ddl, ...rows]) await this.write(sql);
    this.now = await this.look();
    for (const act of acts) {
      if (this.isOver) return;
      if (act.verb === "up") await this.up(act.changes);
      else if (act.verb === "write") await this.writes(act.shape, act.picks);
      else if (act.verb === "down") await this.down();
      else if (act.verb === "redo") await this.redo();
      else await this.finalize(act.which);
    }
    while (this.stack.length > 0 && !this.isOver) await this.down();
    await this.finalizeAll();
  }

  private get client() {
    return this.place.client;
  }

  private look() {
    return readSnapshot(this.client);
  }

  private fail(what: string, problems: readonly string[]): void {
    if (problems.length > 0) throw new Error(`${what}:\n  ${problems.slice(0, 8).join("\n  ")}`);
  }

  private async write(sql: string): Promise<Record<string, unknown> | undefined> {
    this.script.push(`${sql};`);
    try {
      await this.client.query(sql);
      return undefined;
    } catch (error) {
      this.script.push(`-- refused: ${(error as Error).message}`);
      return error as Record<string, unknown>;
    }
  }

  private async writes(shape: number, all: readonly number[][]): Promise<void> {
    const shapes = [this.now, this.now, this.stack.at(-1)?.was, this.stack[0]?.was];
    const known = shapes[shape] ?? this.now;
    const top = this.stack.at(-1);
    const aims = top ? aimsOf(top, this.now) : [];
    for (const numbers of all) {
      this.fresh += 1;
      const sql = writeOf(new Picks(numbers), known, this.fresh, aims);
      if (sql === undefined) continue;
      this.tally.writes += 1;
      const refusal = await this.write(sql);
      if (refusal === undefined) continue;
      this.tally.refusedWrites += 1;
      const problem = refusalProblem(refusal, this.now.shape, known === this.now);
      this.fail("a writer", problem === undefined ? [] : [problem]);
    }
    this.now = await this.look();
  }

  private async up(picks: readonly ChangePick[]): Promise<void> {
    const again = this.rolledBack.pop();
    this.isAgain ||= again !== undefined;
    if (again === undefined && this.files.size >= filesMax) return;
    const rehearsed = await this.rehearse(again ?? picks);
    if (rehearsed === undefined) return;
    const { sql, kinds, after, isPending } = rehearsed;
    const version = again?.version ?? String(this.files.size + 1);
    this.files.set(`${version}_m.up.sql`, sql);
    this.script.push(
      `-- belay up --to ${version}`,
      ...(again ? [] : [`/* ${version}_m.up.sql */ ${sql}`]),
    );
    this.tally.ups += 1;
    const result = await this.place.belay(this.files).up({ to: version, acceptLoss: true });
    const was = this.now;
    this.now = await this.look();
    if (after === undefined || (isPending && result.error)) {
      this.tally.failedUps += 1;
      this.fail("an up that should fail", result.error ? [] : ["it did not"]);
      this.fail("after a failed up", differentRows(was, this.now));
      this.isOver = true;
      return;
    }
    this.fail("up", result.error ? [JSON.stringify(result.error.toJSON())] : []);
    this.fail(
      "the shape after up",
      differentLines(shapeLines(after.shape), shapeLines(this.now.shape)),
    );
    if (again?.undone) bringBack(after, again, again.undone);
    this.fail("rows after up", differentRows(after, this.now));
    const { verdict = "", losses = [] } = result.applied.at(-1) ?? {};
    if (verdict !== "exact") this.tally.lossy += 1;
    for (const kind of kinds) this.tally.kinds.set(kind, (this.tally.kinds.get(kind) ?? 0) + 1);
    const lineage = lineageOf(was.shape, after.shape);
    this.stack.push({ version, sql, kinds, was, left: this.now, lineage, verdict, losses });
  }

  /**
   * What the server makes of it; `after` is absent where it refuses what it took before. `isPending`: only
   * because checks are still to be run on a table, which what Belay does instead may not mind.
   */
  private async rehearse(what: Level | readonly ChangePick[]) {
    const { client } = this;
    await client.query("BEGIN");
    try {
      if ("sql" in what) {
        const { sql, kinds } = what;
        await client.query("SAVEPOINT s");
        const refusal = await this.refusalOf(`${sql}; SET CONSTRAINTS ALL IMMEDIATE`);
        if (refusal === undefined) return { sql, kinds, after: await this.look() };
        if (refusal !== "55006") return { sql, kinds, after: undefined };
        await client.query("ROLLBACK TO s");
        const other = await this.refusalOf(`SET CONSTRAINTS ALL IMMEDIATE; ${sql}`);
        const after = other === undefined ? await this.look() : undefined;
        return { sql, kinds, after, isPending: true };
      }
      const taken: string[] = [];
      const kinds: string[] = [];
      let shape = this.now.shape;
      for (const { kind, picks } of what) {
        this.fresh += 1;
        const sql = changes[kind]?.[1](new Picks(picks), shape, this.fresh);
        if (sql === undefined || !(await this.takes(sql))) continue;
        taken.push(sql);
        kinds.push(kind);
        shape = await readShape(client);
      }
      if (taken.length === 0) return undefined;
      await client.query("SET CONSTRAINTS ALL IMMEDIATE");
      return { sql: taken.join(";\n"), kinds, after: await this.look() };
    } catch {
      // Deferred constraints do not hold.
      return undefined;
    } finally {
      await client.query("ROLLBACK");
    }
  }

  /** SQLSTATE. */
  private async refusalOf(sql: string): Promise<string | undefined> {
    try {
      await this.client.query(sql);
      return undefined;
    } catch (error) {
      return (error as { code?: string }).code ?? "";
    }
  }

  private async takes(sql: string): Promise<boolean> {
    await this.client.query("SAVEPOINT s");
    try {
      await this.client.query(sql);
      await this.client.query("RELEASE s");
      return true;
    } catch {
      await this.client.query("ROLLBACK TO s");
      return false;
    }
  }

  private async down(): Promise<void> {
    const level = this.stack.at(-1);
    if (level === undefined) return;
    const { version, was, left, lineage, losses } = level;
    const now = this.now;
    this.script.push("-- belay down");
    this.tally.downs += 1;
    const acceptLoss = level.verdict !== "exact";
    const { error, conflicts } = await this.place.belay(this.files).down({ acceptLoss });
    this.now = await this.look();
    const { hasLost } = this;
    this.hasLost ||= losses.length > 0;
    // What a loss has taken may be what an earlier statement's undo needs; then all stays as it is.
    const isLost = this.hasLost && error?.code === "BELAY_STATEMENT";
    if (error?.code === "BELAY_UNDO_NONE" || isLost) {
      this.tally.refused += 1;
      this.fail("a refused down", differentRows(now, this.now));
      this.isOver = true;
      return;
    }
    this.fail("down", error ? [JSON.stringify(error.toJSON())] : []);
    this.tally.conflicts += conflicts.length;
    const sql = this.files.get(`${version}_m.up.sql`) ?? "";
    const { evaluate, isOff } = this;
    const told: Told = { conflicts, losses, evaluate, isOff, hasLost, sql };
    this.fail(
      `after the down of ${version}`,
      await judgeDown({ was, left, now, lineage }, this.now, told),
    );
    this.isOff ||= conflicts.some(({ key }) => key === null);
    this.stack.pop();
    level.undone = now;
    this.rolledBack.push(level);
  }

  /** And down at once: then all must be as after a down alone. */
  private async redo(): Promise<void> {
    const level = this.stack.at(-1);
    if (level === undefined) return;
    const { was, left, lineage, losses } = level;
    const now = this.now;
    this.script.push("-- belay redo");
    this.tally.redos += 1;
    this.isAgain = true;
    const acceptLoss = level.verdict !== "exact";
    const result = await this.place.belay(this.files).redo({ acceptLoss });
    this.now = await this.look();
    if (result.error?.code === "BELAY_UNDO_NONE") {
      this.fail("a refused redo", differentRows(now, this.now));
      this.isOver = true;
      return;
    }
    let conflicts: Conflict[] = result.conflicts;
    let all = losses;
    if (result.applied.length > 0) {
      all = [...losses, ...result.applied.flatMap((each) => each.losses)];
      this.script.push("-- belay down");
      const undone = await this.place.belay(this.files).down({ acceptLoss: all.length > 0 });
      this.fail("down after redo", undone.error ? [JSON.stringify(undone.error.toJSON())] : []);
      conflicts = [...conflicts, ...undone.conflicts];
      this.now = await this.look();
    } else if (result.undone.length === 0) {
      this.fail("redo", [JSON.stringify(result.error?.toJSON())]);
    }
    const told: Told = {
      ...{ conflicts, losses: all, evaluate: this.evaluate, isOff: this.isOff },
      hasLost: this.hasLost,
      ...{ sql: this.files.get(`${level.version}_m.up.sql`) ?? "", isAgain: true },
    };
    this.fail("after redo and down", await judgeDown({ was, left, now, lineage }, this.now, told));
    this.hasLost ||= all.length > 0;
    this.isOff ||= conflicts.some(({ key }) => key === null);
    this.stack.pop();
    this.rolledBack.push(level);
    // What the second rollback has put aside is the same only where no row was written.
    level.undone = now;
  }

  private async finalize(which: number): Promise<void> {
    const levels = [...this.stack, ...this.rolledBack];
    const level = levels[which % levels.length];
    if (level === undefined) return;
    this.script.push(`-- belay finalize ${level.version}`);
    this.tally.finalized += 1;
    const { version } = level;
    const { error } = await this.place.belay(this.files).finalize({ which: { version } });
    this.fail("finalize", error ? [JSON.stringify(error.toJSON())] : []);
    const now = await this.look();
    this.fail("finalize", [
      ...differentRows(this.now, now),
      ...differentLines(shapeLines(this.now.shape), shapeLines(now.shape)),
    ]);
    this.now = now;
    delete level.undone;
  }

  private async finalizeAll(): Promise<void> {
    this.script.push("-- belay finalize --all");
    const { error } = await this.place.belay(this.files).finalize({ which: "all" });
    this.fail("finalize --all", error ? [JSON.stringify(error.toJSON())] : []);
    const now = await this.look();
    this.fail("finalize --all", differentRows(this.now, now));
    const { rows } = await this.client.query<{ name: string }>(
      `SELECT nspname AS name FROM pg_namespace WHERE nspname ~ '^belay_shelf_'
       UNION ALL SELECT attrelid::regclass || '.' || attname FROM pg_attribute WHERE attname ~ '^belay_[0-9a-f]{8}_' AND NOT attisdropped
       UNION ALL SELECT relname FROM pg_class WHERE relname ~ '^belay_[0-9a-f]{8}_'
       UNION ALL SELECT conname FROM pg_constraint WHERE conname ~ '^belay_[0-9a-f]{8}_'
       UNION ALL SELECT tgname FROM pg_trigger WHERE tgname ~ '^belay_[0-9a-f]{8}_'`,
    );
    this.fail(
      "left behind",
      rows.map(({ name }) => name),
    );
  }

  private readonly evaluate = async (expression: string) => {
    try {
      const { rows } = await this.client.query<{ value: string | null }>(
        `SELECT ${expression} AS value`,
      );
      return rows[0]?.value ?? null;
    } catch {
      return undefined;
    }
  };
}

function differentRows(wanted: Snapshot, found: Snapshot): string[] {
  const lines = ({ rows }: Snapshot) =>
    [...rows].flatMap(([table, all]) =>
      [...all].map(([tag, cells]) => {
        const sorted = Object.entries(cells).sort(([a], [b]) => (a < b ? -1 : 1));
        return `${ident(table)} ${tag} ${JSON.stringify(Object.fromEntries(sorted))}`;
      }),
    );
  return differentLines(lines(wanted), lines(found));
}

/** What the migration added has the values again that it had when it was rolled back. */
function bringBack(after: Snapshot, { kinds, lineage }: Level, undone: Snapshot): void {
  if (kinds.some((kind) => writing.includes(kind))) return;
  const older = new Map([...lineage.values()].map(({ name, columns }) => [name, columns]));
  for (const [name, rows] of after.rows) {
    const columns = older.get(name);
    const earlier = undone.rows.get(name);
    if (earlier === undefined) continue;
    if (columns === undefined) {
      after.rows.set(name, new Map([...earlier].map(([tag, cells]) => [tag, { ...cells }])));
      continue;
    }
    const known = new Set(columns.values());
    for (const [tag, cells] of rows) {
      for (const column of Object.keys(cells)) {
        const value = earlier.get(tag)?.[column];
        if (!known.has(column) && value !== undefined) cells[column] = value;
      }
    }
  }
}
