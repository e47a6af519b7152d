// Owns: what a rollback that tells of conflicts has to leave: where it says that the newer row or
// value is kept, that one, exactly, and nothing else. Pure.

import type { Conflict } from "../core/plan.ts";
import type { Row, TableRows } from "../dialects/rehearsal.ts";
import type { Cell, ExpectedRow, ExpectedTable, Meanwhile } from "./expect-rows.ts";
import { columnSuccessors } from "./succession.ts";

/** `expected` without the conflicts; those of other tables are passed over. */
export function withConflicts(
  before: TableRows,
  expected: ExpectedTable,
  meanwhile: Meanwhile,
  conflicts: readonly Conflict[],
): ExpectedTable {
  const names = [before.name, meanwhile.migrated.name].map(bare);
  const told = conflicts.filter(({ target }) => names.includes(bare(target)));
  if (told.length === 0) return expected;
  const table = new Told(before, meanwhile);
  let { rows } = expected;
  for (const conflict of told) rows = table.apply(rows, conflict);
  return { ...expected, rows };
}

const bare = (name: string) => name.replaceAll('"', "");

class Told {
  private readonly before: TableRows;
  private readonly meanwhile: Meanwhile;
  /** By column of the old shape, its position after the migration, or -1. */
  private readonly now: readonly number[];

  constructor(before: TableRows, meanwhile: Meanwhile) {
    this.before = before;
    this.meanwhile = meanwhile;
    this.now = columnSuccessors(before, meanwhile.migrated);
  }

  apply(rows: readonly ExpectedRow[], { key, columns, resolution }: Conflict): ExpectedRow[] {
    if (isRecord(key)) {
      const match = this.matching(key);
      if (match === undefined) return [...rows];
      if (resolution === "not carried over") return this.olderKept(rows, match, columns);
      return columns === null ? this.rowsKept(rows, match) : this.cellsKept(rows, match, columns);
    }
    return columns === null ? [...rows] : this.columnsKept(rows, columns);
  }

  /**
   * Rows of that key, in the old shape and in the later one, where a part of the key may be gone
   * and nothing matches; undefined: nobody can say which.
   */
  private matching(key: Record<string, unknown>): Match | undefined {
    const parts: { was: number; now: number; text: Cell }[] = [];
    for (const [name, value] of Object.entries(key)) {
      const was = this.positionOf(name);
      const now = this.now[was] ?? -1;
      if (was < 0 || (typeof value === "object" && value !== null)) return undefined;
      parts.push({ was, now, text: value === null ? null : String(value) });
    }
    return {
      was: (row) => parts.every(({ was, text }) => row[was] === text),
      now: (row) => parts.every(({ now, text }) => now >= 0 && row[now] === text),
    };
  }

  /** The undo may name it as it was called before the migration or after it. */
  private positionOf(name: string): number {
    const later = this.meanwhile.migrated.columns.findIndex((each) => each.name === name);
    const renamed = later < 0 ? -1 : this.now.indexOf(later);
    return renamed < 0 ? this.before.columns.findIndex((each) => each.name === name) : renamed;
  }

  private rowsKept(rows: readonly ExpectedRow[], match: Match): ExpectedRow[] {
    const kept = this.meanwhile.written.rows.filter(match.now).map(
      (row): ExpectedRow => ({
        ...{ cells: this.now.map((_, at) => this.cell(row, at)), written: true, optional: false },
      }),
    );
    return [...rows.filter(({ cells }) => !match.was(cells)), ...kept];
  }

  /** What was written to a table that had taken this one's place stays there. */
  private olderKept(
    rows: readonly ExpectedRow[],
    match: Match,
    columns: readonly string[] | null,
  ): ExpectedRow[] {
    const old = this.before.rows.find(match.was);
    const others = rows.filter(({ cells }) => !match.was(cells));
    if (old === undefined) return others;
    const positions = columns?.map((name) => this.positionOf(name));
    const present = rows.filter(({ cells }) => match.was(cells));
    const [row = { cells: [...old], written: false, optional: false }] = present;
    const isOld = (at: number) => positions === undefined || positions.includes(at);
    return [...others, this.instead(row, (at) => (isOld(at) ? old[at] : row.cells[at]))];
  }

  private cellsKept(
    rows: readonly ExpectedRow[],
    match: Match,
    columns: readonly string[],
  ): ExpectedRow[] {
    const kept = this.meanwhile.written.rows.find(match.now);
    if (kept === undefined) return [...rows];
    const positions = columns.map((name) => this.positionOf(name));
    return rows.map((row) =>
      match.was(row.cells)
        ? this.instead(row, (at) => (positions.includes(at) ? this.cell(kept, at) : row.cells[at]))
        : row,
    );
  }

  /**
   * Columns whose type had to stay. What was written to them is there; the others hold what an
   * earlier statement of the migration had made of them, which nobody has seen.
   */
  private columnsKept(rows: readonly ExpectedRow[], columns: readonly string[]): ExpectedRow[] {
    const positions = columns.map((name) => this.positionOf(name));
    const later = this.byKey(this.meanwhile.written);
    const earlier = this.byKey(this.meanwhile.migrated);
    return rows.map((row) => {
      const key = this.keyOf(row.cells, (at) => at);
      const now = later.get(key);
      return this.instead(row, (at) => {
        if (!positions.includes(at)) return row.cells[at];
        const place = this.now[at] ?? -1;
        const isWritten = now !== undefined && now[place] !== earlier.get(key)?.[place];
        return isWritten ? now[place] : undefined;
      });
    });
  }

  private instead(row: ExpectedRow, cell: (at: number) => Cell): ExpectedRow {
    return { ...row, cells: row.cells.map((_, at) => cell(at)) };
  }

  private byKey({ rows }: TableRows): Map<string, Row> {
    return new Map(rows.map((row) => [this.keyOf(row, (at) => this.now[at] ?? -1), row]));
  }

  private keyOf(row: readonly Cell[], position: (at: number) => number): string {
    const key = this.before.key ?? this.before.columns.map((_, at) => at);
    return JSON.stringify(key.map((at) => row[position(at)]));
  }

  /** Of the later row, in the old shape; where its type is another, it may be written otherwise. */
  private cell(row: Row, at: number): Cell {
    const now = this.now[at] ?? -1;
    const isSame = this.meanwhile.migrated.columns[now]?.type === this.before.columns[at]?.type;
    return now >= 0 && isSame ? row[now] : undefined;
  }
}

interface Match {
  was(cells: readonly Cell[]): boolean;
  now(row: Row): boolean;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
