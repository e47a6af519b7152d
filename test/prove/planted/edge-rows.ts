// Owns: rows with edge values for the proof that the planted cases are what they say. A crude
// writer: it tries, and what the server refuses it leaves. (The product's own writer is what the
// planted cases are there to judge, so it does not judge them.)

import type { Session } from "../../../src/dialects/dialect.ts";

export interface Column {
  name: string;
  number: number;
  type: string;
  /** Labels of an enum, else empty. */
  labels: string[];
  nullable: boolean;
}

export interface Table {
  oid: number;
  /** Qualified and quoted. */
  name: string;
  columns: Column[];
  /** Numbers of the primary key's columns. */
  key: number[];
}

/** Plain tables of users, with the columns that can be written. */
export async function tablesOf(session: Session): Promise<Table[]> {
  const rows = await session.query<{ oid: number; name: string; key: number[]; columns: Column[] }>(
    `SELECT c.oid::int8::int AS oid, format('%I.%I', n.nspname, c.relname) AS name,
       coalesce((SELECT i.indkey::int2[]::int[] FROM pg_index i
         WHERE i.indrelid = c.oid AND i.indisprimary), '{}') AS key,
       coalesce((SELECT json_agg(json_build_object(
           'name', quote_ident(a.attname), 'number', a.attnum,
           'type', format_type(a.atttypid, a.atttypmod), 'nullable', NOT a.attnotnull,
           'labels', coalesce((SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e
             WHERE e.enumtypid = a.atttypid), '[]')) ORDER BY a.attnum)
         FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
           AND a.attgenerated = ''), '[]') AS columns
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND c.oid >= 16384
       AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY c.oid`,
  );
  return rows;
}

const texts = [
  "",
  "alpha 1",
  " pad ",
  "Ünïcödé ☃",
  'it\'s a \\ "b"',
  "NULL",
  "e\u0301",
  "a,b\n\t{}",
];

/** By the name of the type without its modifier; every list begins with a harmless value. */
const edges: Record<string, readonly string[]> = {
  smallint: ["1", "0", "-32768", "32767"],
  integer: ["1", "2", "0", "-1", "7", "-2147483648", "2147483647"],
  bigint: ["1", "0", "-9223372036854775808", "9223372036854775807", "3000000000"],
  numeric: [
    "1.50",
    "0",
    "-0.01",
    "NaN",
    "99.999999",
    "Infinity",
    "-Infinity",
    "1234567890.0123456789",
  ],
  real: ["0.1", "-0", "NaN", "Infinity", "3.4028235e38", "1e-45"],
  "double precision": ["0.1", "-0", "NaN", "-Infinity", "1.7976931348623157e308", "5e-324"],
  text: [...texts, "x".repeat(300)],
  "character varying": texts,
  character: texts,
  boolean: ["true", "false"],
  date: ["2024-02-29", "2030-06-06", "2022-01-01", "infinity", "4713-01-01 BC", "5874897-12-31"],
  "timestamp without time zone": [
    ...["2024-03-31 02:30:00.123456", "2000-01-01", "infinity", "-infinity"],
    ...["294276-12-31 23:59:59.999999", "4714-11-24 00:00:00 BC"],
  ],
  "timestamp with time zone": [
    ...["2024-03-31 02:30:00.123456+00", "2000-01-01+00", "infinity", "-infinity"],
    ...["294276-12-31 23:59:59.999999+00", "4714-11-24 00:00:00+00 BC"],
  ],
  interval: ["1 mon", "30 days", "1 day 02:03:04.567891", "-178000000 years", "00:00:00.000001"],
  uuid: ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"],
  json: ['{"b": 1,  "a": 2, "b": 3}', "null", "[]", "1.10", '"\u2603"'],
  jsonb: ['{"b": 1, "a": null}', "null", "[]", "1.10"],
  bytea: ["\\x", "\\x00ff", "\\xdeadbeef"],
  inet: ["10.1.2.3/24", "::1", "0.0.0.0/0"],
  oid: ["0", "4294967295"],
  "text[]": ["{}", '{a,"b,c"}', "{NULL,x}", '{""}', "{{a,b},{c,d}}"],
  "integer[]": ["{}", "{1,NULL}"],
};

/** The text of a value, or null; the same for the same numbers. */
export function edgeValue({ type, labels, nullable }: Column, row: number): string | null {
  if (nullable && row % 5 === 4) return null;
  const [, base = type, limit] = /^([a-z ]+?)(?:\((\d+)[^)]*\))?(?: with.*)?$/.exec(type) ?? [];
  const list = labels.length > 0 ? labels : (edges[type] ?? edges[base] ?? [null]);
  const value = list[row % list.length] ?? null;
  const isText = base === "character varying" || base === "character";
  return isText && limit !== undefined ? (value?.slice(0, Number(limit)) ?? null) : value;
}

/** A key that no planted row has. */
export function keyValue(column: Column, row: number): string | null {
  if (/int|numeric/.test(column.type)) return String(5000 + row);
  if (/char|text/.test(column.type)) return `key ${row}`;
  return edgeValue(column, row);
}
