// Owns: the kinds of statements that migrations of a case have. Each makes SQL for the schema as it
// is at that moment, or nothing where the schema has not what it needs.

import { keyValue } from "./schema.ts";
import {
  type ColumnShape,
  holders,
  ident,
  keyOf,
  type Shape,
  type TableShape,
  tagColumn,
} from "./snapshot.ts";
import {
  columnNames,
  conversions,
  enumType,
  expressions,
  freeName,
  literalOf,
  type Picks,
  tableNames,
  types,
} from "./vocabulary.ts";

/** `fresh` differs for each statement of a case: for tags and keys. */
type Change = (picks: Picks, shape: Shape, fresh: number) => string | undefined;

const tableOf = (picks: Picks, shape: Shape) =>
  picks.from(holders(shape).filter(({ columns }) => columns.some((c) => c.name === tagColumn)));

/** Columns that statements may change: neither the tag nor computed. */
export function freeColumns({ columns }: TableShape): ColumnShape[] {
  return columns.filter(({ name, generated }) => name !== tagColumn && !generated);
}

/** Also not of the key. */
export function dataColumns(table: TableShape): ColumnShape[] {
  const key = keyOf(table);
  return freeColumns(table).filter(({ name }) => !key.includes(name));
}

const names = ({ columns }: TableShape) => columns.map(({ name }) => name);

function withColumn(
  make: (table: TableShape, column: ColumnShape, picks: Picks) => string | undefined,
): Change {
  return (picks, shape) => {
    const table = tableOf(picks, shape);
    const column = table && picks.from(dataColumns(table));
    return column && make(table, column, picks);
  };
}

const alter = ({ name }: TableShape) => `ALTER TABLE ${ident(name)}`;

function where(picks: Picks, table: TableShape): string {
  const key = keyOf(table)[0];
  const choices = [
    "",
    ` WHERE right(${tagColumn}, 1) < '${1 + picks.number(5)}'`,
    ` WHERE length(${tagColumn}) = 2`,
    ...(key === undefined ? [] : [` WHERE ${ident(key)} IS NOT NULL`]),
  ];
  return choices[picks.number(choices.length)]!;
}

function assignment(picks: Picks, table: TableShape): string | undefined {
  const column = picks.from(dataColumns(table));
  if (column === undefined) return undefined;
  const known = expressions[column.type] ?? [];
  const at = picks.number(known.length + 2);
  const value =
    at < known.length
      ? known[at]!.replaceAll("$", ident(column.name))
      : literalOf(column.type, picks, !column.notNull);
  return `${ident(column.name)} = ${value}`;
}

const update: Change = (picks, shape) => {
  const table = tableOf(picks, shape);
  if (table === undefined) return undefined;
  const sets = [assignment(picks, table), picks.once(3) ? assignment(picks, table) : undefined];
  const kept = [...new Set(sets.flatMap((set) => set ?? []))];
  if (kept.length === 0) return undefined;
  return `UPDATE ${ident(table.name)} SET ${kept.join(", ")}${where(picks, table)}`;
};

const remove: Change = (picks, shape) => {
  const table = tableOf(picks, shape);
  return table && `DELETE FROM ${ident(table.name)}${where(picks, table)}`;
};

/** A row with this number in key and tag. */
function row(picks: Picks, table: TableShape, n: number): Map<string, string> {
  const cells = new Map([[tagColumn, `'m${n}'`]]);
  const key = keyOf(table);
  for (const column of freeColumns(table)) {
    if (key.includes(column.name)) cells.set(column.name, keyValue(column.type, 100 + n));
    else if (isReference(table, column)) cells.set(column.name, "NULL");
    else if (column.notNull || !picks.once(3)) {
      cells.set(column.name, literalOf(column.type, picks, !column.notNull));
    }
  }
  return cells;
}

export function isReference({ constraints }: TableShape, { name }: ColumnShape): boolean {
  return constraints.some(({ type, columns }) => type === "f" && columns.includes(name));
}

const list = (cells: Map<string, string>) => [...cells.keys()].map(ident).join(", ");

const insert: Change = (picks, shape, fresh) => {
  const table = tableOf(picks, shape);
  if (table === undefined) return undefined;
  const cells = row(picks, table, fresh);
  return `INSERT INTO ${ident(table.name)} (${list(cells)}) VALUES (${[...cells.values()].join(", ")})`;
};

const merge: Change = (picks, shape, fresh) => {
  const table = tableOf(picks, shape);
  const set = table && assignment(picks, table);
  if (set === undefined) return undefined;
  const cells = row(picks, table!, fresh);
  return `MERGE INTO ${ident(table!.name)} AS x USING (VALUES ('r1'), ('r2'), ('m${fresh}')) AS s(${tagColumn})
    ON x.${tagColumn} = s.${tagColumn} WHEN MATCHED AND s.${tagColumn} = 'r1' THEN UPDATE SET ${set}
    WHEN MATCHED THEN DELETE
    WHEN NOT MATCHED AND s.${tagColumn} LIKE 'm%' THEN INSERT (${list(cells)}) VALUES (${[...cells.values()].join(", ")})`;
};

const moveKeys: Change = (picks, shape) => {
  const table = tableOf(picks, shape);
  const key = table?.columns.find(
    ({ name, type }) => keyOf(table).includes(name) && /int/.test(type),
  );
  if (key === undefined) return undefined;
  return `UPDATE ${ident(table!.name)} SET ${ident(key.name)} = ${ident(key.name)} + ${[1_000, 20][picks.number(2)]}${where(picks, table!)}`;
};

const truncate: Change = (picks, shape) => {
  const table = tableOf(picks, shape);
  return table && `TRUNCATE ${ident(table.name)}${picks.once(3) ? " CASCADE" : ""}`;
};

const block: Change = (picks, shape, fresh) => {
  const parts = [update, remove, insert, moveKeys].flatMap((make) =>
    picks.once(2) ? (make(picks, shape, fresh) ?? []) : [],
  );
  return `DO $belay_test$ BEGIN ${parts.map((part) => `${part};`).join(" ") || "NULL;"} END $belay_test$`;
};

const through: Change = (picks, shape) => {
  const [from, to] = [tableOf(picks, shape), tableOf(picks, shape)];
  const set = to && assignment(picks, to);
  if (set === undefined) return undefined;
  return `WITH gone AS (DELETE FROM ${ident(from!.name)} WHERE ${tagColumn} = 'r2' RETURNING ${tagColumn})
    UPDATE ${ident(to!.name)} SET ${set} WHERE EXISTS (SELECT FROM gone)`;
};

const addColumn: Change = (picks, shape) => {
  const table = tableOf(picks, shape);
  if (table === undefined) return undefined;
  const type = picks.from(types)!;
  const value = literalOf(type, picks, false);
  const words = picks.from(["", ` DEFAULT ${value}`, ` NOT NULL DEFAULT ${value}`]);
  return `${alter(table)} ADD COLUMN ${ident(freeName(columnNames, names(table), picks))} ${type}${words}`;
};

const dropColumn = withColumn(
  (table, column, picks) =>
    `${alter(table)} DROP COLUMN ${ident(column.name)}${picks.once(3) ? " CASCADE" : ""}`,
);

const renameColumn: Change = (picks, shape) => {
  const table = tableOf(picks, shape);
  const column = table && picks.from(freeColumns(table));
  if (column === undefined) return undefined;
  const to = freeName(columnNames, names(table!), picks);
  return `${alter(table!)} RENAME ${ident(column.name)} TO ${ident(to)}`;
};

const renameTable: Change = (picks, shape) => {
  const table = tableOf(picks, shape);
  if (table === undefined) return undefined;
  const taken = shape.tables.map(({ name }) => name);
  return `${alter(table)} RENAME TO ${ident(freeName(tableNames, taken, picks))}`;
};

const dropTable: Change = (picks, shape) => {
  const table = tableOf(picks, shape);
  return table && `DROP TABLE ${ident(table.name)}${picks.once(2) ? " CASCADE" : ""}`;
};

const createTable: Change = (picks, shape) => {
  const name = freeName(
    tableNames,
    shape.tables.map((each) => each.name),
    picks,
  );
  const type = picks.from(types)!;
  return `CREATE TABLE ${ident(name)} (id integer PRIMARY KEY, ${tagColumn} text, a ${type} DEFAULT ${literalOf(type, picks, true)})`;
};

const changeType = withColumn((table, column, picks) => {
  const [type, using] = picks.from(conversions[column.type] ?? []) ?? [];
  if (type === undefined) return undefined;
  const name = ident(column.name);
  return `${alter(table)} ALTER COLUMN ${name} TYPE ${type}${using === undefined ? "" : ` USING ${using.replaceAll("$", () => name)}`}`;
});

const several: Change = (picks, shape) => {
  const made = [dropColumn, addColumn, changeType].flatMap((make) => make(picks, shape, 0) ?? []);
  const [table] = /^ALTER TABLE (?:"(?:[^"]|"")+")/.exec(made[0] ?? "") ?? [];
  if (table === undefined) return undefined;
  const parts = made.filter((sql) => sql.startsWith(`${table} `));
  return `${table} ${parts.map((sql) => sql.slice(table.length + 1)).join(", ")}`;
};

const defaults = withColumn((table, column, picks) => {
  const at = `${alter(table)} ALTER ${ident(column.name)}`;
  const value = literalOf(column.type, picks, true);
  const words = ["DROP DEFAULT", `SET DEFAULT ${value}`, "SET NOT NULL", "DROP NOT NULL"];
  return `${at} ${words[picks.number(words.length)]}`;
});

const addConstraint = withColumn((table, column, picks) => {
  const name = ident(column.name);
  const other = table.columns.find(({ type }) => type === "integer")?.name;
  const words = [
    `UNIQUE (${name})`,
    `CHECK (${name} IS NOT NULL)`,
    `CHECK (${name}::text <> 'a') NOT VALID`,
    `CONSTRAINT "naïve ""one""" UNIQUE (${name}, ${tagColumn})`,
    ...(other === undefined ? [] : [`CHECK (${ident(other)} < 100000 OR ${name} IS NULL)`]),
  ];
  return `${alter(table)} ADD ${words[picks.number(words.length)]}`;
});

const dropConstraint: Change = (picks, shape) => {
  const table = tableOf(picks, shape);
  const one = table && picks.from(table.constraints.filter(({ type }) => "ucf".includes(type)));
  if (one === undefined || keyOf(table!).join() === one.columns.join()) return undefined;
  return `${alter(table!)} DROP CONSTRAINT ${ident(one.name)}`;
};

const addForeignKey: Change = (picks, shape) => {
  const table = tableOf(picks, shape);
  const column = table && picks.from(dataColumns(table).filter(({ type }) => type === "integer"));
  const target = picks.from(
    holders(shape).filter((each) => {
      const key = keyOf(each);
      return (
        key.length === 1 && each.columns.find(({ name }) => name === key[0])?.type === "integer"
      );
    }),
  );
  if (column === undefined || target === undefined) return undefined;
  const words = picks.from([
    "",
    " NOT VALID",
    " ON DELETE CASCADE",
    " ON DELETE SET NULL NOT VALID",
  ]);
  return `${alter(table!)} ADD FOREIGN KEY (${ident(column.name)}) REFERENCES ${ident(target.name)}${words}`;
};

const index = withColumn((table, column, picks) => {
  const name = ident(column.name);
  const on = ident(table.name);
  const words = [
    `INDEX ON ${on} (${name})`,
    `UNIQUE INDEX "ïndex" ON ${on} (${name}, ${tagColumn})`,
    `INDEX ON ${on} ((${name}::text)) WHERE ${name} IS NOT NULL`,
    `INDEX ON ${on} (${tagColumn}) INCLUDE (${name})`,
  ];
  return `CREATE ${words[picks.number(words.length)]}`;
});

const dropIndex: Change = (picks, shape) => {
  const table = tableOf(picks, shape);
  const constraints = new Set(table?.constraints.map(({ name }) => name));
  const one =
    table && picks.from(Object.keys(table.indexes).filter((each) => !constraints.has(each)));
  return one && `DROP INDEX ${ident(one)}`;
};

const view: Change = (picks, shape) => {
  const old = shape.tables.filter(({ kind }) => kind === "v");
  if (old.length > 0 && picks.once(2)) return `DROP VIEW ${ident(picks.from(old)!.name)}`;
  const table = tableOf(picks, shape);
  const column = table && picks.from(table.columns);
  if (column === undefined) return undefined;
  const name = picks.once(2) ? old[0]?.name : undefined;
  return `CREATE OR REPLACE VIEW ${ident(name ?? `view ${old.length + 10}`)} AS SELECT ${tagColumn}, ${ident(column.name)} AS x FROM ${ident(table!.name)}`;
};

const enums: Change = (picks, shape) => {
  const labels = shape.enums[enumType];
  if (labels === undefined) return undefined;
  const label = picks.from(labels)!.replaceAll("'", "''");
  return picks.once(3)
    ? `COMMENT ON TYPE ${ident(enumType)} IS 'é ${label}'`
    : `ALTER TYPE ${ident(enumType)} RENAME VALUE '${label}' TO '${label}!'`;
};

const trigger: Change = (picks, shape, fresh) => {
  const table = tableOf(picks, shape);
  const column = table && picks.from(dataColumns(table).filter(({ type }) => type === "text"));
  if (column === undefined) return undefined;
  return `CREATE FUNCTION stamp_${fresh}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.${ident(column.name).replaceAll("'", "''")} := ''stamped''; RETURN NEW; END';
CREATE TRIGGER "stämp" BEFORE UPDATE ON ${ident(table!.name)} FOR EACH ROW EXECUTE FUNCTION stamp_${fresh}()`;
};

/** With how often each is wanted. */
export const changes: Record<string, readonly [weight: number, make: Change]> = {
  "drop column": [5, dropColumn],
  update: [5, update],
  "change type": [4, changeType],
  "drop table": [3, dropTable],
  "rename column": [3, renameColumn],
  "rename table": [2, renameTable],
  "add column": [3, addColumn],
  delete: [3, remove],
  insert: [3, insert],
  merge: [2, merge],
  "move keys": [2, moveKeys],
  truncate: [2, truncate],
  block: [2, block],
  through: [2, through],
  "create table": [2, createTable],
  several: [2, several],
  defaults: [3, defaults],
  "add constraint": [3, addConstraint],
  "drop constraint": [2, dropConstraint],
  "add foreign key": [2, addForeignKey],
  index: [2, index],
  "drop index": [1, dropIndex],
  view: [2, view],
  enums: [1, enums],
  trigger: [1, trigger],
};
