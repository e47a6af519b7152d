// Owns: a history of small migrations like those of a web application, the same for the same seed,
// and writing it in the layout of each tool. Every migration runs in one transaction.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** @typedef {{ version: string, name: string, up: string, down: string }} Migration */
/** @typedef {{ name: string, columns: string[], indexes: number, touched: boolean }} Table */

const nouns =
  "account address attachment audit basket billing booking campaign category channel comment company contract country coupon customer delivery device document event feature feedback file folder group image import invoice issue item label ledger license location member merchant message note offer order package page payment permission plan policy price product profile project quote rating refund region report review role schedule session setting shipment shop stock subscription supplier tag task team template ticket token topic user vendor visit voucher wallet warehouse webhook".split(
    " ",
  );
const attributes =
  "active amount archived_at body city code color comment_count confirmed_at currency deleted_at description due_on email enabled expires_at external_id first_name height hidden ip_address kind language last_name latitude locked_at longitude notes number origin paid_at phone position priority published_at quantity rank reason reference score secret size slug started_at state street subtitle summary title total url vat_id verified_at visible weight zip".split(
    " ",
  );
const types = [
  "text",
  "text NOT NULL DEFAULT ''",
  "integer",
  "integer NOT NULL DEFAULT 0",
  "bigint",
  "boolean NOT NULL DEFAULT false",
  "timestamptz",
  "timestamptz NOT NULL DEFAULT now()",
  "numeric(12, 2)",
  "jsonb",
  "uuid",
  "varchar(200)",
  "date",
];

/** Of a hundred migrations, how many are of each kind. A guess at an ordinary web application. */
const mix = { table: 28, column: 36, index: 20, comment: 12, trigger: 4 };

/**
 * @param {number} count
 * @param {number} seed
 * @returns {Migration[]}
 */
export function generate(count, seed) {
  return new History(seed).write(count);
}

class History {
  /** @type {Table[]} */
  #tables = [];
  #state;
  #serial = 0;

  /** @param {number} seed */
  constructor(seed) {
    this.#state = seed;
  }

  /** @param {number} count @returns {Migration[]} */
  write(count) {
    return Array.from({ length: count }, (_, index) => ({
      version: String(20200101000000 + index * 100),
      ...this.#next(index),
    }));
  }

  /** mulberry32: small, and the same on every machine. */
  #random() {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** @template T @param {readonly T[]} list @returns {T} */
  #pick(list) {
    return list[Math.floor(this.#random() * list.length)];
  }

  /** @param {number} index */
  #next(index) {
    let dice = this.#random() * 100;
    if (index < 3) return this.#table();
    for (const [kind, share] of Object.entries(mix)) {
      if (dice < share) return this[/** @type {keyof typeof mix} */ (kind)]();
      dice -= share;
    }
    return this.#table();
  }

  table() {
    return this.#table();
  }

  #table() {
    const base = this.#pick(nouns);
    const name = this.#tables.some((each) => each.name === `${base}s`)
      ? `${base}_${this.#pick(nouns)}_${++this.#serial}`
      : `${base}s`;
    const parent = this.#tables.length > 0 ? this.#pick(this.#tables) : undefined;
    const columns = [...new Set([this.#pick(attributes), this.#pick(attributes)])];
    const lines = [
      "id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
      ...columns.map((column) => `${column} ${this.#pick(types)}`),
      "created_at timestamptz NOT NULL DEFAULT now()",
      ...(parent ? [`parent_id bigint NOT NULL REFERENCES ${parent.name} (id)`] : []),
    ];
    const statements = [`CREATE TABLE ${name} (\n  ${lines.join(",\n  ")}\n)`];
    if (parent) statements.push(`CREATE INDEX ${name}_parent_idx ON ${name} (parent_id)`);
    this.#tables.push({ name, columns, indexes: 0, touched: false });
    return migration(`create_${name}`, statements, [`DROP TABLE ${name}`]);
  }

  column() {
    const table = this.#pick(this.#tables);
    const free = attributes.filter((each) => !table.columns.includes(each));
    const column = free.length > 0 ? this.#pick(free) : `extra_${++this.#serial}`;
    table.columns.push(column);
    const alter = `ALTER TABLE ${table.name}`;
    return migration(
      `add_${column}_to_${table.name}`,
      [`${alter} ADD COLUMN ${column} ${this.#pick(types)}`],
      [`${alter} DROP COLUMN ${column}`],
    );
  }

  index() {
    const table = this.#pick(this.#tables);
    const index = `${table.name}_${++table.indexes}_idx`;
    const column = this.#pick([...table.columns, "created_at"]);
    const method = this.#random() < 0.2 ? `(${column}, id DESC)` : `(${column})`;
    return migration(
      `index_${table.name}_${table.indexes}`,
      [`CREATE INDEX ${index} ON ${table.name} ${method}`],
      [`DROP INDEX ${index}`],
    );
  }

  comment() {
    const table = this.#pick(this.#tables);
    const target =
      this.#random() < 0.5
        ? `TABLE ${table.name}`
        : `COLUMN ${table.name}.${this.#pick(table.columns)}`;
    return migration(
      `comment_on_${table.name}_${++this.#serial}`,
      [`COMMENT ON ${target} IS 'What it means, number ${this.#serial}'`],
      [`COMMENT ON ${target} IS NULL`],
    );
  }

  trigger() {
    const table = this.#tables.find((each) => !each.touched);
    if (table === undefined) return this.#table();
    table.touched = true;
    const touch = `${table.name}_touch`;
    return migration(
      `touch_${table.name}`,
      [
        `ALTER TABLE ${table.name} ADD COLUMN touched_at timestamptz`,
        `CREATE FUNCTION ${touch}() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n  NEW.touched_at := now();\n  RETURN NEW;\nEND;\n$$`,
        `CREATE TRIGGER ${touch} BEFORE UPDATE ON ${table.name} FOR EACH ROW EXECUTE FUNCTION ${touch}()`,
      ],
      [
        `DROP TRIGGER ${touch} ON ${table.name}`,
        `DROP FUNCTION ${touch}()`,
        `ALTER TABLE ${table.name} DROP COLUMN touched_at`,
      ],
    );
  }
}

/** @param {string} name @param {string[]} up @param {string[]} down */
function migration(name, up, down) {
  const script = (/** @type {string[]} */ statements) => `${statements.join(";\n")};\n`;
  return { name, up: script(up), down: script(down) };
}

/** Layout that dbmate and Belay both read. @param {string} dir @param {Migration[]} migrations */
export function writeDbmate(dir, migrations) {
  mkdirSync(dir, { recursive: true });
  for (const { version, name, up, down } of migrations) {
    const text = `-- migrate:up\n${up}\n-- migrate:down\n${down}`;
    writeFileSync(join(dir, `${version}_${name}.sql`), text);
  }
}

/** SQL files of node-pg-migrate. @param {string} dir @param {Migration[]} migrations */
export function writeNodePgMigrate(dir, migrations) {
  mkdirSync(dir, { recursive: true });
  for (const { version, name, up, down } of migrations) {
    const text = `-- Up Migration\n${up}\n-- Down Migration\n${down}`;
    // Its own versions: milliseconds, or 17 digits of UTC.
    writeFileSync(join(dir, `${version}000_${name.replaceAll("_", "-")}.sql`), text);
  }
}

/** @param {string} dir @param {Migration[]} migrations */
export function writeSqitch(dir, migrations) {
  for (const kind of ["deploy", "revert"]) mkdirSync(join(dir, kind), { recursive: true });
  const plan = ["%syntax-version=1.0.0", "%project=bench", ""];
  for (const { version, name, up, down } of migrations) {
    const change = `${version}_${name}`;
    plan.push(`${change} 2020-01-01T00:00:00Z Bench <bench@example.com> # ${name}`);
    writeFileSync(join(dir, "deploy", `${change}.sql`), `BEGIN;\n${up}COMMIT;\n`);
    writeFileSync(join(dir, "revert", `${change}.sql`), `BEGIN;\n${down}COMMIT;\n`);
  }
  writeFileSync(join(dir, "sqitch.plan"), `${plan.join("\n")}\n`);
  writeFileSync(
    join(dir, "sqitch.conf"),
    "[core]\n\tengine = pg\n[user]\n\tname = Bench\n\temail = bench@example.com\n",
  );
}
