// Owns: the making of a table's rows: plain ones first, so that ordinary migrations find ordinary
// rows, then those with edge values. Foreign keys refer to rows that are there, and equal keys are
// not made twice, as far as that can be told without the server, which has the last word.

import { literal } from "../names.ts";
import { type Group, groupsOf } from "./fill-groups.ts";
import type { Referenced } from "./fill-parents.ts";
import type { ColumnShape, ForeignKeyShape, KeyShape, TableShape } from "./table-shapes.ts";
import type { Values } from "./values.ts";
import { type Hint, hintsOf, mentionedIn } from "./values-hints.ts";
import { type Surroundings, valuesOf } from "./values-of-type.ts";
import type { Random } from "./values-random.ts";

/** Undefined: the column's default. */
export type Cell = string | null | undefined;

/** By position of the table's columns. */
export type MadeRow = Cell[];

/**
 * How to choose: plain values; guesses at what the checks want; edge values; anything. Of one number
 * in the first three come values that go together.
 */
export interface Mood {
  kind: "plain" | "hinted" | "edge" | "wild";
  index: number;
  /** Which of the guesses at each column, when hinted. */
  variant: number;
}

export interface RowPlan {
  table: TableShape;
  around: Surroundings;
  random: Random;
  /** How many rows are wanted at first. */
  rows: number;
  /** The rows that each foreign key may refer to. */
  parents: ReadonlyMap<ForeignKeyShape, readonly Referenced[]>;
  /** Foreign keys to be NULL at first. */
  late: ReadonlySet<ForeignKeyShape>;
  /** Values that other rows count on, by column. */
  promised: ReadonlyMap<number, (index: number) => string>;
  /** Columns to give values for; undefined: all. */
  given: ReadonlySet<number> | undefined;
}

/** What a column's values are chosen from. */
interface Source {
  column: ColumnShape;
  values: Values | undefined;
  hints: Hint[];
  /** NULL among them where it may be. */
  edges: Cell[];
  /** By itself a key. */
  unique: boolean;
}

/** Of every eight rows of a small table, three are plain. */
const plainShare = 3 / 8;

/** How often a row is made again whose key there is already. */
const attempts = 20;

/** Explicit values of a serial column: what an int4 cannot hold, and nextval will not reach. */
const beyondSequence = 3_000_000_000;

/** Combinations that a group's checks let pass. */
export interface Accepted {
  plain: Cell[][];
  /** By variant. */
  hinted: Cell[][][];
  other: Cell[][];
}

export class RowMaker {
  readonly groups: Group[];
  /** Which rule could not be kept when fewer rows came than were asked for. */
  why: string | undefined;
  readonly #plan: RowPlan;
  readonly #sources: Source[];
  readonly #plainRows: number;
  readonly #accepted = new Map<Group, Accepted & { some: Cell[][] }>();
  readonly #seen = new Map<KeyShape, Set<string>>();
  readonly #variants = new WeakMap<MadeRow, number>();
  #tried = 0;
  #praised: number | undefined;
  #next = 0;

  constructor(plan: RowPlan) {
    this.#plan = plan;
    this.groups = groupsOf(plan.table);
    this.#sources = plan.table.columns.map((column, at) => this.#sourceOf(column, at));
    this.#plainRows = Math.max(1, Math.ceil(plan.rows * plainShare));
  }

  #sourceOf(column: ColumnShape, at: number): Source {
    const { table, around, random } = this.#plan;
    const values = valuesOf(column.type, column.modifier, around);
    const [a, b, c, ...rest] = values?.edges ?? [];
    const edges: Cell[] = [a, b, c, ...random.shuffled(rest)].filter((each) => each !== undefined);
    const checks = table.checks.filter(({ columns }) => columns.includes(at));
    if (!column.required) edges.splice(at % 3, 0, null);
    if (column.fallback === "constant" && checks.length === 0) edges.splice(at % 5, 0, undefined);
    const hints = hintsOf(
      column.type,
      column.modifier,
      mentionedIn(checks.map(({ sql }) => sql).join("\n")),
    );
    const unique = table.keys.some(({ columns }) => columns.length === 1 && columns[0] === at);
    return { column, values, hints, edges, unique };
  }

  /** Rows to begin with: plain ones, then edge values. */
  first(count: number): MadeRow[] {
    return this.#many(count, (index) => (index < this.#plainRows ? "plain" : "edge"));
  }

  /** Rows in place of others; `reach` grows with the number of attempts. */
  others(count: number, kind: Mood["kind"], reach: number): MadeRow[] {
    this.#next = this.#plan.random.below(10 ** Math.min(reach + 2, 7));
    return this.#many(count, () => kind);
  }

  /** The server took this row: hinted ones will be like it. */
  praise(row: MadeRow): void {
    this.#praised = this.#variants.get(row);
  }

  #many(count: number, kindOf: (index: number) => Mood["kind"]): MadeRow[] {
    return Array.from({ length: count }, () => {
      const index = this.#next++;
      const kind = kindOf(index);
      const variant = this.#praised ?? (kind === "hinted" ? this.#tried++ : 0);
      const row = this.#row({ kind, index, variant });
      if (row !== undefined) this.#variants.set(row, variant);
      return row === undefined ? [] : [row];
    }).flat();
  }

  #row(mood: Mood): MadeRow | undefined {
    const row: MadeRow = this.#plan.table.columns.map(() => undefined);
    const choose = (group: Group, how: Mood, again: boolean): boolean => {
      const cells = this.choose(group, how, again);
      group.columns.forEach((at, place) => {
        row[at] = cells?.[place];
      });
      return cells !== undefined;
    };
    if (!this.groups.every((group) => choose(group, mood, false))) return undefined;
    for (let attempt = 0; attempt < attempts; attempt++) {
      const key = this.#plan.table.keys.find((each) => this.#isSeen(each, row));
      if (key === undefined) {
        this.#remember(row);
        return row;
      }
      const kind = attempt % 2 === 0 && mood.kind !== "wild" ? "plain" : "wild";
      const index = this.#plan.random.below(10 ** Math.min(attempt + 3, 7));
      const touched = this.groups.filter(({ columns }) =>
        columns.some((at) => key.columns.includes(at)),
      );
      if (!touched.every((group) => choose(group, { ...mood, kind, index }, true)))
        return undefined;
      const names = key.columns.map((at) => this.#plan.table.columns[at]?.name);
      this.why = `no more different values for the key (${names.join(", ")})`;
    }
    return undefined;
  }

  /** As `guess`, of what the checks let pass as far as that is known; `again`: something else. */
  choose(group: Group, mood: Mood, again: boolean): Cell[] | undefined {
    const accepted = this.#accepted.get(group);
    if (accepted === undefined) return this.guess(group, mood);
    const { some, hinted, other } = accepted;
    const { random } = this.#plan;
    const like = hinted[mood.variant % hinted.length] ?? [];
    if (mood.kind === "hinted" && like.length > 0) return random.pick(like);
    if (again) return random.pick(random.chance(0.5) ? some : other) ?? random.pick(some);
    if (mood.kind === "plain" && some.length > 0) return some[mood.index % some.length];
    return random.pick(other) ?? random.pick(some);
  }

  /** Takes only these combinations for the group from now on. */
  accept(group: Group, combinations: Accepted): void {
    const some = [...combinations.plain, ...combinations.hinted.flat()];
    this.#accepted.set(group, { ...combinations, some });
  }

  /** How many guesses there are for the columns of a group. */
  variants({ columns }: Group): number {
    return Math.max(1, ...columns.map((at) => this.#sources[at]?.hints.length ?? 0));
  }

  /** Values for the columns of a group; undefined when a foreign key finds nothing to refer to. */
  guess(group: Group, mood: Mood): Cell[] | undefined {
    const { random } = this.#plan;
    const nulls = mood.kind === "wild" ? (random.pick([0, 0.15, 0.5, 0.85]) ?? 0) : 0;
    const chosen = new Map<number, Cell>();
    for (const key of group.foreignKeys) {
      if (!this.#refer(key, mood, nulls, chosen)) return undefined;
    }
    return group.columns.map((at) => {
      if (chosen.has(at)) return chosen.get(at);
      return this.#cell(at, mood, nulls);
    });
  }

  #refer(key: ForeignKeyShape, mood: Mood, nulls: number, chosen: Map<number, Cell>): boolean {
    const { table, parents, late, random } = this.#plan;
    const open = key.columns.filter((at) => !chosen.has(at));
    const may = (at: number) => table.columns[at]?.required === false;
    const nullable = key.full ? key.columns.every(may) : open.some(may);
    // One NULL is enough for a key that is not MATCH FULL.
    const already = !key.full && key.columns.some((at) => chosen.get(at) === null);
    if (open.length === 0 || already) return true;
    const list = parents.get(key) ?? [];
    const fits = (row: Referenced) =>
      key.columns.every((at, place) => !chosen.has(at) || chosen.get(at) === row[place]);
    const fitting = open.length === key.columns.length ? list : list.filter(fits);
    const edgeNull = mood.kind === "edge" && (mood.index - this.#plainRows) % 4 === 1;
    const wantsNull = late.has(key) || edgeNull || random.chance(nulls) || fitting.length === 0;
    if (wantsNull && nullable) {
      for (const at of open.filter(may)) chosen.set(at, this.#isGiven(at) ? null : undefined);
      return true;
    }
    const place = table.foreignKeys.indexOf(key);
    const row =
      mood.kind === "wild"
        ? random.pick(fitting)
        : fitting[(mood.index + 3 * place) % fitting.length];
    if (row === undefined) {
      this.why = `nothing to refer to for the foreign key ${key.name}`;
      return false;
    }
    key.columns.forEach((at, part) => {
      chosen.set(at, this.#isGiven(at) ? row[part] : undefined);
    });
    return true;
  }

  #cell(at: number, mood: Mood, nulls: number): Cell {
    const { column, values } = this.#sources[at] as Source;
    const promise = this.#plan.promised.get(at);
    if (promise !== undefined) return promise(mood.index);
    if (column.always || !this.#isGiven(at)) return undefined;
    if (column.fallback === "sequence") {
      const once = mood.kind === "edge" && mood.index === this.#plainRows + 1;
      return once && column.type.name === "int8" ? `${beyondSequence + mood.index}` : undefined;
    }
    if (values !== undefined) return this.#value(at, values, mood, nulls);
    return column.required || column.fallback !== "null" ? undefined : null;
  }

  #value(at: number, values: Values, { kind, index, variant }: Mood, nulls: number): Cell {
    const { random, rows } = this.#plan;
    const { column, hints, edges, unique } = this.#sources[at] as Source;
    const edge = index - this.#plainRows;
    switch (kind) {
      case "plain":
        return values.ordinary(index);
      case "hinted":
        return (hints[variant % hints.length] ?? values.ordinary)(index);
      case "edge": {
        // Types with few of them have plain values in between.
        const cycle = Math.max(4, edges.length);
        const place = ((edge % cycle) + cycle) % cycle;
        const spent = place >= edges.length || (unique && edge >= edges.length);
        return spent ? values.ordinary(index) : edges.at(place);
      }
      case "wild": {
        if (!column.required && random.chance(nulls)) return null;
        // The first hints are the best.
        const guess = hints[Math.floor(random.next() ** 2 * hints.length)];
        if (guess !== undefined && random.chance(0.5)) return guess(random.below(rows + 8));
        const some = edges.length > 0 && random.chance(0.5);
        return some ? random.pick(edges) : values.ordinary(random.below(10_000_000));
      }
    }
  }

  #isGiven(at: number): boolean {
    return this.#plan.given?.has(at) ?? true;
  }

  #isSeen(key: KeyShape, row: MadeRow): boolean {
    const text = keyText(key, row);
    return text !== undefined && this.#seen.get(key)?.has(text) === true;
  }

  #remember(row: MadeRow): void {
    for (const key of this.#plan.table.keys) {
      const text = keyText(key, row);
      if (text === undefined) continue;
      const seen = this.#seen.get(key);
      if (seen === undefined) this.#seen.set(key, new Set([text]));
      else seen.add(text);
    }
  }
}

export function cellSql(cell: Cell): string {
  if (cell === undefined) return "DEFAULT";
  return cell === null ? "NULL" : literal(cell);
}

/** Undefined when the row's key cannot be told or equals no other. */
function keyText(key: KeyShape, row: MadeRow): string | undefined {
  if (!key.plain) return undefined;
  const cells = key.columns.map((at) => row[at]);
  if (cells.includes(undefined)) return undefined;
  if (cells.includes(null) && !key.nullsEqual) return undefined;
  return JSON.stringify(cells);
}
