// Owns: what must be there after a rollback, from what was there before the migration (`was`), just
// after it (`left`) and just before the rollback (`now`). It knows rows and cells, and nothing of
// how Belay keeps them.
//
// A cell that nobody wrote since the migration is as it was before it; one that somebody wrote has
// the newest value; a row that applications deleted stays deleted. Where the migration and somebody
// else changed the same thing, the newer one stays, and a conflict names it.

import type { Conflict, Loss } from "../../src/core/plan.ts";
import {
  type Cells,
  ident,
  keyOf,
  type Shape,
  type Snapshot,
  shapeLines,
  type TableShape,
} from "./snapshot.ts";

/** What became of tables and columns, by the names from before; absent: they went. */
export type Lineage = Map<string, { name: string; columns: Map<string, string> }>;

/** By what the server itself says: both shapes are of one transaction of it. */
export function lineageOf(before: Shape, after: Shape): Lineage {
  const lineage: Lineage = new Map();
  for (const table of before.tables) {
    const later = after.tables.find(({ oid }) => oid === table.oid);
    if (later === undefined) continue;
    const columns = new Map<string, string>();
    for (const { num, name } of table.columns) {
      const column = later.columns.find((each) => each.num === num);
      if (column) columns.set(name, column.name);
    }
    lineage.set(table.name, { name: later.name, columns });
  }
  return lineage;
}

export interface Window {
  was: Snapshot;
  left: Snapshot;
  now: Snapshot;
  lineage: Lineage;
}

/** A text as the server writes it; undefined where it refuses the expression. */
export type Evaluate = (expression: string) => Promise<string | null | undefined>;

export interface Told {
  conflicts: readonly Conflict[];
  losses: readonly Loss[];
  evaluate: Evaluate;
  /** An earlier rollback has left another shape, and said so. */
  isOff: boolean;
  /** A migration that was taken back before had destroyed something, and said so. */
  hasLost: boolean;
  /** The migration's text. */
  sql: string;
  /** The migration has run once more, over rows that were written since the first time. */
  isAgain?: boolean;
}

type Rows = ReadonlyMap<string, Cells>;

interface RowStates {
  was: Cells | undefined;
  left: Cells | undefined;
  now: Cells | undefined;
  found: Cells | undefined;
  /** Of a row born since: the one whose key it took, which was deleted or has another. Keys say which row is which. */
  heirOf?: Pick<RowStates, "was" | "left">;
}

/** What is wrong with `found`, one line each; nothing is wrong when it is empty. */
export async function judgeDown(window: Window, found: Snapshot, told: Told): Promise<string[]> {
  const { was, left, now, lineage } = window;
  const problems = told.isOff ? [] : judgeShape(window, found.shape, told);
  for (const [name, rows] of was.rows) {
    if (told.hasLost && isTaken(window, name)) continue;
    const later = lineage.get(name);
    const table = new JudgedTable(window, found, name, told);
    const [b, c] = [left, now].map((each) => later && each.rows.get(later.name));
    const d = found.rows.get(name);
    const tags = [rows, b, c, d].flatMap((each) => [...(each?.keys() ?? [])]);
    for (const tag of new Set(tags)) {
      const states = {
        was: rows.get(tag),
        left: b?.get(tag),
        now: c?.get(tag),
        found: d?.get(tag),
      };
      const heirOf = table.predecessor(states, rows, b, c);
      const wrong = await table.judgeRow({ ...states, ...(heirOf && { heirOf }) });
      problems.push(...wrong.map((line) => `${name} ${tag}: ${line}`));
    }
  }
  return problems;
}

/** A constraint may be away, or NOT VALID, and a type another one, only where that is told. */
function judgeShape(window: Window, found: Shape, told: Told): string[] {
  const { conflicts, losses, hasLost } = told;
  const { was, left, now } = window;
  if (conflicts.some(({ key }) => key === null) || losses.length > 0) return [];
  if (!hasLost) return differentLines(shapeLines(was.shape), shapeLines(found));
  // What went and came since is not of this migration, and its rollback neither makes nor drops it.
  const tables = was.shape.tables.filter(({ name }) => !isTaken(window, name));
  const lines = (shape: Shape) => shapeLines(shape).map(unnumbered);
  const [before, back] = [lines({ ...was.shape, tables }), lines(found)];
  const [after, last] = [lines(left.shape), lines(now.shape)];
  const went = after.filter((line) => !last.includes(line) && !back.includes(line));
  const came = last.filter((line) => !after.includes(line) && !before.includes(line));
  return differentLines(
    before.filter((line) => !went.includes(line)),
    back.filter((line) => !came.includes(line)),
  );
}

/** The migration had left the table, and it was gone before the rollback. */
function isTaken({ lineage, now }: Window, name: string): boolean {
  const later = lineage.get(name)?.name;
  return later !== undefined && !now.shape.tables.some((each) => each.name === later);
}

/** A column behind one that is gone has another place. */
const unnumbered = (line: string) => line.replace(/\.\d+ /, " ");

export function differentLines(wanted: readonly string[], found: readonly string[]): string[] {
  return [
    ...wanted.filter((line) => !found.includes(line)).map((line) => `missing: ${line}`),
    ...found.filter((line) => !wanted.includes(line)).map((line) => `too much: ${line}`),
  ];
}

class JudgedTable {
  private readonly before: TableShape;
  private readonly after: TableShape | undefined;
  private readonly back: TableShape | undefined;
  private readonly columns: Map<string, string>;
  private readonly isLossy: boolean;
  private readonly told: Told;
  private readonly namesake: (row: Cells | undefined) => boolean;

  constructor(window: Window, found: Snapshot, name: string, told: Told) {
    this.told = told;
    const tableIn = ({ shape }: Snapshot, of: string | undefined) =>
      shape.tables.find((each) => each.name === of);
    const later = window.lineage.get(name);
    this.before = tableIn(window.was, name)!;
    this.after = tableIn(window.now, later?.name);
    this.back = tableIn(found, name);
    this.columns = later?.columns ?? new Map();
    const namesake = tableIn(window.now, name);
    const isOlder = window.was.shape.tables.some(({ oid }) => oid === namesake?.oid);
    const anew = isOlder ? undefined : window.now.rows.get(name);
    this.namesake = (row) => [...(anew?.values() ?? [])].some((each) => each.tag === row?.tag);
    this.isLossy = told.losses.some(({ object }) =>
      [...tableNames(told.sql, name), later?.name].some(
        (each) => each !== undefined && unquoted(object).includes(unquoted(each)),
      ),
    );
  }

  /** Written to a table made anew, which had taken this one's name. */
  private isCarried({ was, found }: RowStates): boolean {
    return was === undefined && this.namesake(found);
  }

  predecessor({ was, left, now }: RowStates, ...[rows, b, c]: (Rows | undefined)[]) {
    if (was || left || !now || !this.after) return undefined;
    const key = keyOf(this.after);
    for (const [tag, cells] of b ?? []) {
      const still = c?.get(tag);
      const hasLeft = !still || key.some((name) => still[name] !== cells[name]);
      if (!hasLeft || key.some((name) => cells[name] !== now[name])) continue;
      return { was: rows?.get(tag), left: cells };
    }
    return undefined;
  }

  async judgeRow(states: RowStates): Promise<string[]> {
    if (this.isLossy) return [];
    const { found } = states;
    const shouldBe = this.after === undefined ? states.was !== undefined : isThere(states);
    if (!shouldBe) {
      if (found === undefined || this.isCarried(states)) return [];
      // One that the migration itself had removed and made anew: it was the new one that went.
      const { was, left } = states;
      if (was && left && this.removesAndMakes && sameCells(found, was)) return [];
      // A cell of another type than it had cannot be compared with what it was.
      const isOther = this.told.isOff || this.told.conflicts.some(({ key }) => key === null);
      // One that the migration made and removed again, between which an application's row stands now.
      const isBetween = !was && !left && !states.now;
      if ((states.now || isOther || isBetween) && this.isTold(states, undefined)) return [];
      return [`should be gone, is ${JSON.stringify(found)}`];
    }
    if (found === undefined) {
      if (this.isNewOnly(states)) return [];
      // A constraint that is NOT VALID because of a row does not take it a second time.
      const mayMiss = this.told.isAgain ?? (!states.now && states.was !== undefined);
      if (mayMiss && this.isTold(states, undefined)) return [];
      return [`is gone, should be ${JSON.stringify(states.now ?? states.was)}`];
    }
    const wrong: string[] = [];
    for (const { name, generated } of this.before.columns) {
      if (!generated) wrong.push(...(await this.judgeCell(name, states)));
    }
    return wrong;
  }

  private writes(name: string, value: string | null | undefined): boolean {
    const { sql } = this.told;
    return (
      value != null &&
      sql.includes(`${ident(name)} = '${value}'`) &&
      sql.includes(`ALTER COLUMN ${ident(name)} TYPE`)
    );
  }

  private get removesAndMakes(): boolean {
    const { sql } = this.told;
    return /TRUNCATE|DELETE/.test(sql) && /INSERT/.test(sql);
  }

  /** The migration made the row, and only columns that it made too were written since. */
  private isNewOnly({ was, left, now }: RowStates): boolean {
    if (was || !left || !now) return false;
    return [...this.columns.values()].every((name) => left[name] === now[name]);
  }

  private async judgeCell(name: string, states: RowStates): Promise<string[]> {
    const { was, left, now, found } = states;
    const is = found?.[name] ?? null;
    const later = this.columns.get(name);
    const wrong = (wanted: string | null | undefined) => [
      `${name} is ${JSON.stringify(is)}, should be ${JSON.stringify(wanted)}`,
    ];
    // Rows are found by their keys; of one that has another key since, the migration's change stays.
    if (this.isRekeyed(states) && /UPDATE|MERGE|INSERT|DO /.test(this.told.sql)) return [];
    if (later === undefined || now === undefined) {
      if (this.isTypeKept([name, later ?? name])) return [];
      if (was !== undefined) {
        if (is === was[name] || this.isBetween(states, [name, later ?? name], is)) return [];
        // It comes back to a column whose type had to stay when a later migration was taken back.
        if (this.told.isOff && (await this.inTypeNow(name, was[name])).includes(is)) return [];
        // Of a column that had changed its type before it went: the value is told by the key from then.
        return this.isRekeyed(states) && this.isToldWith(states, name, was[name])
          ? []
          : wrong(was[name]);
      }
      if (left !== undefined || later !== undefined) return [];
      // Which of two defaults it is, that before the migration or that when the column went, is open.
      const names = this.namesOf(name).map((each) => escaped(ident(each)));
      const sets = new RegExp(`ALTER (COLUMN )?(${names.join("|")}) (SET|DROP) DEFAULT`);
      if (sets.test(this.told.sql)) return [];
      const born = await this.bornWith(name);
      return born.includes(is) ? [] : wrong(born[0]);
    }
    const current = now[later] ?? null;
    const isNewer = left === undefined || current !== left[later];
    if (!isNewer && was !== undefined) {
      if (is === was[name] || this.isBetween(states, [name, later], is)) return [];
      if (this.isTypeKept([name, later])) {
        // As it is, or, where an earlier statement had changed it, as it was before in that type.
        if (is === current || (await this.inTypeNow(name, was[name])).includes(is)) return [];
      }
      return (await this.inOldType(name, later, current)).includes(is) &&
        this.isTold(states, [name, later])
        ? []
        : wrong(was[name]);
    }
    const { heirOf } = states;
    const looksUnwritten = heirOf?.was !== undefined && heirOf.left?.[later] === current;
    if (looksUnwritten && is === heirOf.was?.[name]) return [];
    const wanted = await this.inOldType(name, later, current);
    // In the old type it is what the migration had written before it changed the type: no change, then.
    if (is === was?.[name] && wanted.some((each) => this.writes(name, each))) return [];
    if (wanted.includes(is) || (this.told.isOff && is === current)) return [];
    return this.isBetween(states, [name, later], is) ? [] : wrong(wanted[0]);
  }

  /** Those that the migration gives the column, one after the other. */
  private namesOf(name: string): string[] {
    const names = [name];
    for (const [, from, to = ""] of this.told.sql.matchAll(
      / RENAME (?:COLUMN )?(".*?") TO (".*?")/g,
    ))
      if (from === ident(names.at(-1)!)) names.push(to.slice(1, -1).replaceAll('""', '"'));
    return names;
  }

  private isRekeyed({ was, left, now }: RowStates): boolean {
    if (!was || !left || !now || !this.after) return false;
    return keyOf(this.after).some((name) => left[name] !== now[name]);
  }

  /**
   * Two statements of the migration have changed it, the way back of the later one is done and that of
   * the earlier one is in nobody's power: it is told with the value that is there.
   */
  private isBetween(states: RowStates, columns: readonly string[], is: string | null): boolean {
    return this.conflictsOf(states).some(({ columns: named, base, ours }) => {
      if (named !== null && !named.some((each) => columns.includes(each))) return false;
      const cells = [base, ours].flatMap((each) =>
        columns.map((column) => (each as Record<string, unknown> | null)?.[column]),
      );
      // JSON has no -0.
      const values = [bare(is), bare(is).replace(/^-0$/, "0")];
      return cells.some((cell) => cell !== undefined && values.includes(bare(cell)));
    });
  }

  /** What a row that is born while the column is away has in it. */
  private async bornWith(name: string): Promise<(string | null | undefined)[]> {
    const column = this.before.columns.find((each) => each.name === name);
    if (column?.default == null) return [null];
    const values = [await this.told.evaluate(`(${column.default})::${column.type}::text`)];
    // What the default was to the type that the column had when it went: nothing, where it fails.
    for (const type of this.typesOf(name)) {
      const value = await this.told.evaluate(`(${column.default})::${type}::${column.type}::text`);
      values.push(value ?? null);
    }
    // One value is not for several rows. Where each must have one, that is told.
    const { notNull } = column;
    if (isUnique(this.before, name) || (this.becomesUnique(name) && !notNull)) values.push(null);
    const left = `rows written since have no ${name}: `;
    if (notNull && this.told.conflicts.some(({ resolution }) => resolution.startsWith(left))) {
      values.push(null);
    }
    return values;
  }

  /** Those that the migration gives the column. */
  private typesOf(name: string): string[] {
    const type = /TYPE ([^,;(]*?(?:\([\d,]+\))?[^,;(]*?)(?: USING|[,;]|$)/.source;
    const types = new RegExp(`ALTER COLUMN ${escaped(ident(name))} ${type}`, "gm");
    return [...this.told.sql.matchAll(types)].flatMap(([, each]) => each ?? []);
  }

  /** By the migration itself, which drops the column behind that. */
  private becomesUnique(name: string): boolean {
    return this.told.sql.includes(`ADD UNIQUE (${ident(name)})`);
  }

  /**
   * A value of the type that the column has after the migration, in the one that it has now, by way of
   * its text or by the server's cast: 0.1 as a real is not 0.1 as a double.
   */
  private async inOldType(name: string, later: string, value: string | null) {
    const from = this.after?.columns.find((each) => each.name === later)?.type;
    const to = this.back?.columns.find((each) => each.name === name)?.type;
    if (from === to || value === null) return [value, ...this.namedBefore(value)];
    const text = `('${value.replaceAll("'", "''")}'::${from})`;
    const { evaluate } = this.told;
    const values = [await evaluate(`${text}::text::${to}::text`)];
    // There may be no cast but by way of a type between the two.
    for (const between of ["", ...this.typesOf(name).map((each) => `::${each}`)])
      values.push(await evaluate(`${text}${between}::${to}::text`));
    return values;
  }

  /** A value from before in the type that the column has after the rollback, where that is another one. */
  private async inTypeNow(name: string, value: string | null | undefined) {
    const [from, to] = [this.before, this.back].map(
      (table) => table?.columns.find((each) => each.name === name)?.type,
    );
    if (from === to || value == null) return [];
    const text = `('${value.replaceAll("'", "''")}'::${from})`;
    return [await this.told.evaluate(`${text}::${to}::text`)];
  }

  /** Of an enum's value that the migration has given another name. */
  private namedBefore(value: string | null): string[] {
    const renames = this.told.sql.matchAll(/RENAME VALUE '((?:[^']|'')*)' TO '((?:[^']|'')*)'/g);
    const plain = (text = "") => text.replaceAll("''", "'");
    return [...renames].flatMap(([, old, now]) => (plain(now) === value ? [plain(old)] : []));
  }

  /** A conflict names the row, by a key that it has or had, and one of the columns. */
  private isTold(states: RowStates, columns: readonly string[] | undefined): boolean {
    return this.conflictsOf(states).some(
      ({ columns: named }) =>
        named === null || columns === undefined || named.some((each) => columns.includes(each)),
    );
  }

  /** And the value that there was. */
  private isToldWith(states: RowStates, name: string, value: string | null | undefined): boolean {
    return this.conflictsOf(states).some(({ columns, theirs }) => {
      const cells = theirs as Record<string, unknown> | null;
      return columns?.includes(name) && bare(cells?.[name]) === bare(value);
    });
  }

  /** Then the values from before stay on the shelf. */
  private isTypeKept(columns: readonly string[]): boolean {
    return this.told.conflicts.some(
      ({ key, columns: named }) => key === null && named?.some((each) => columns.includes(each)),
    );
  }

  private conflictsOf({ was, left, now, found }: RowStates): Conflict[] {
    const between = [...this.told.sql.matchAll(/^ALTER TABLE .* RENAME TO (.*?);?$/gm)];
    const tables = [
      ...[this.before, this.after].flatMap((table) => table?.name ?? []),
      ...between.map(([, name = ""]) => name),
    ];
    return this.told.conflicts.filter(({ target, key, base, theirs }) => {
      if (key === null || !tables.some((each) => unquoted(target).endsWith(unquoted(each))))
        return false;
      // By a key that it had between two statements.
      const tag = (was ?? left ?? now ?? found)?.tag;
      if ([base, theirs].some((each) => (each as { tag?: unknown } | null)?.tag === tag))
        return true;
      // Of a statement before a rename, or behind it.
      const all = [was, left, now, found, this.asLater(was), this.asLater(found)];
      return all.some((cells) => cells && hasKey(cells, key as object));
    });
  }

  /** Under the names that the columns have after the migration. */
  private asLater(cells: Cells | undefined): Cells | undefined {
    const named = Object.entries(cells ?? {}).map(([name, value]) => {
      return [this.columns.get(name) ?? name, value] as const;
    });
    return cells && Object.fromEntries(named);
  }
}

/** Alone in a unique index, whether of a constraint or not. */
function isUnique({ indexes }: TableShape, name: string): boolean {
  return Object.values(indexes).some(
    (sql) =>
      (sql.startsWith("CREATE UNIQUE") && sql.endsWith(`(${name})`)) ||
      sql.endsWith(`(${ident(name)})`),
  );
}

/** What a value is made of: an array is written in brackets here, in braces there. */
function bare(value: unknown): string {
  const raw = typeof value === "object" ? JSON.stringify(value) : String(value);
  const text = raw.replace(/^(\d{4,}-\d\d-\d\d)T(.*?[+-]\d\d):00$/, "$1 $2");
  return /[[{]/.test(text) ? text.toLowerCase().replaceAll(/[^\p{L}\d.-]/gu, "") : text;
}

const escaped = (name: string) => name.replaceAll(/[$().]/g, "\\$&");

/** Those that the migration gives a table one after the other: it may go under any of them. */
function tableNames(sql: string, name: string): string[] {
  const names = [name];
  const quoted = '"((?:[^"]|"")*)"';
  for (const [, from, to] of sql.matchAll(
    new RegExp(`^ALTER TABLE ${quoted} RENAME TO ${quoted}`, "gm"),
  ))
    if (`"${from}"` === ident(names.at(-1)!)) names.push(to!.replaceAll('""', '"'));
  return names;
}

const unquoted = (name: string) => name.replaceAll('"', "");

function isThere({ was, left, now }: RowStates): boolean {
  if (now === undefined) return was !== undefined && left === undefined;
  if (was !== undefined || left === undefined) return true;
  return JSON.stringify(left) !== JSON.stringify(now);
}

function sameCells(left: Cells, right: Cells): boolean {
  return Object.keys(left).every((name) => left[name] === right[name]);
}

function hasKey(cells: Cells, key: object): boolean {
  return Object.entries(key).every(([name, value]) => cells[name] === String(value));
}
