// Owns: the rows that foreign keys may refer to, as far as they are in the database.

import type { Session } from "../../dialect.ts";
import { quote } from "../names.ts";
import { inHalves } from "./fill-refusal.ts";
import { type ForeignKeyShape, rowsOf, type TableShape } from "./table-shapes.ts";
import { Random } from "./values-random.ts";

/** Values of the referenced columns. */
export type Referenced = readonly string[];

/** Integers that a narrower column cannot take up, though its key may refer to a wider one. */
const widest: Record<string, number> = { int2: 32_767, int4: 2_147_483_647 };

export class Parents {
  readonly #session: Session;
  readonly #tables: ReadonlyMap<string, TableShape>;
  readonly #seed: number;
  /** How many to read of each. */
  readonly #enough: number;
  readonly #known = new Map<string, Referenced[]>();

  constructor(
    session: Session,
    tables: ReadonlyMap<string, TableShape>,
    { seed, rows }: { seed: number; rows: number },
  ) {
    this.#session = session;
    this.#tables = tables;
    this.#seed = seed;
    this.#enough = Math.max(1000, rows);
  }

  /** Reads what the keys may refer to, in one query. Keys whose rows may not be read get none. */
  async load(keys: readonly ForeignKeyShape[]): Promise<void> {
    const unknown = new Map<string, ForeignKeyShape>();
    for (const key of keys) if (!this.#known.has(nameOf(key))) unknown.set(nameOf(key), key);
    await inHalves([...unknown], { left: 20 }, async (some) => {
      const parts = some.map(([, key], place) => `(${this.#sqlOf(key, place)})`);
      const sql = parts.join("\nUNION ALL ");
      const rows = await this.#session.query<{ k: number; row: string[] }>(sql);
      some.forEach(([name, key], place) => {
        const own = rows.filter(({ k }) => k === place).map(({ row }) => row);
        // The same order for all keys, so that they leave the same rows alone.
        const random = new Random(this.#seed, this.#tables.get(key.target)?.name ?? "");
        this.#known.set(name, random.shuffled(own));
      });
    });
  }

  /** Of those loaded; in an order of the seed. */
  of(table: TableShape, key: ForeignKeyShape): Referenced[] {
    const found = this.#known.get(nameOf(key)) ?? [];
    const limits = key.columns.map((at) => widest[table.columns[at]?.type.name ?? ""]);
    if (limits.every((limit) => limit === undefined)) return found;
    const fits = (cell: number, limit = Number.POSITIVE_INFINITY) =>
      cell <= limit && cell >= -limit - 1;
    return found.filter((row) =>
      row.every((cell, at) => limits[at] === undefined || fits(Number(cell), limits[at])),
    );
  }

  #sqlOf({ target, targetColumns }: ForeignKeyShape, place: number): string {
    const table = this.#tables.get(target);
    if (table === undefined) return `SELECT ${place} AS k, NULL::pg_catalog.text[] AS row LIMIT 0`;
    const columns = targetColumns.map(quote);
    return `SELECT ${place} AS k, ARRAY[${columns.map((each) => `${each}::pg_catalog.text`).join(", ")}] AS row
        FROM ${rowsOf(table)} WHERE ${columns.map((each) => `${each} IS NOT NULL`).join(" AND ")}
       ORDER BY ${columns.join(", ")} LIMIT ${this.#enough}`;
  }
}

/** Keys with one name refer to the same. */
function nameOf({ target, targetColumns }: ForeignKeyShape): string {
  return [target, ...targetColumns].join("\n");
}
