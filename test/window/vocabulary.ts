// Owns: names, types and values that schemas, migrations and writers are made of, and how a list of
// numbers, which fast-check can shrink, picks from what there is at the moment.

import { ident } from "./snapshot.ts";

/** Picks from lists by numbers made beforehand: 0, what shrinking tends to, is the first of each. */
export class Picks {
  private at = 0;
  private readonly numbers: readonly number[];

  constructor(numbers: readonly number[]) {
    this.numbers = numbers;
  }

  number(below: number): number {
    const next = this.numbers[this.at % this.numbers.length] ?? 0;
    this.at += 1;
    return below === 0 ? 0 : next % below;
  }

  from<T>(list: readonly T[]): T | undefined {
    return list[this.number(list.length)];
  }

  /** True once in `times`. */
  once(times: number): boolean {
    return this.number(times) === times - 1;
  }
}

const long = "a_name_of_sixty_three_bytes_which_is_all_that_the_server_keeps_";

export const tableNames = ["t", "Order Items", "été", 'quo"te', "semi;colon", "user", long];
export const columnNames = [
  ...["a", "b", "c", "UPPER", "with space", "ünïcode", "from", "it's", 'dou"ble', "$1", "näme.dot"],
  long,
];

export const enumType = "Mood é";

/** By the server's name of the type: literals, some of which are easily taken for each other. */
export const values: Record<string, readonly string[]> = {
  text: ["'a'", "''", "'É\n\t'", "'A'", "repeat('x1', 2000)", "'it''s $1 \\n'"],
  integer: ["1", "0", "-5", "2147483647", "7", "2"],
  bigint: ["1", "-1", "9007199254740993"],
  smallint: ["1", "-3", "32767"],
  numeric: ["1.0", "1.00", "-0.5", "'NaN'", "123456789012345678901234567890.5"],
  "numeric(10,2)": ["1.25", "0.00", "99999999.99"],
  "double precision": ["0.1", "'-0'", "'NaN'", "0"],
  boolean: ["true", "false"],
  jsonb: [`'{"a": 1}'`, "'null'", "'[1, 1.0]'", `'{"é": {"b": []}}'`],
  json: [`'{"a":1}'`, `'{ "a":1}'`],
  "integer[]": ["'{1,2}'", "'{}'", "'{NULL}'", "'{{1},{2}}'"],
  "text[]": [`'{a,"b c"}'`, `'{"NULL",NULL}'`, "'{}'"],
  bytea: ["'\\x00ff'", "''", "'\\x0a'"],
  "timestamp with time zone": ["'2026-01-02 03:04:05.123456+02'", "'infinity'", "'1999-12-31Z'"],
  date: ["'2026-02-28'", "'-infinity'"],
  uuid: ["'00000000-0000-0000-0000-00000000000a'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"],
  interval: ["'1 mon'", "'30 days'", "'-00:00:01'"],
  point: ["'(1,2)'", "'(-0,0)'"],
  "character varying(12)": ["'a'", "'trail  '", "'twelve chars'"],
  "character(5)": ["'a'", "'abcde'"],
  [ident(enumType)]: ["'sad'", "'it''s ok'", "'glad'"],
};

export const types = Object.keys(values);

/** Other types for a column of this one, with USING over `$` where there is no cast. */
export const conversions: Record<string, readonly (readonly [type: string, using?: string])[]> = {
  integer: [
    ["bigint"],
    ["text"],
    ["smallint", "($ % 10)::smallint"],
    ["boolean", "$ > 0"],
    ["numeric"],
  ],
  bigint: [["integer", "($ % 100)::int"], ["text"]],
  text: [
    ["character varying(2)", "left($, 2)"],
    ["integer", "length($)"],
    ["jsonb", "to_jsonb($)"],
  ],
  numeric: [["integer", "CASE WHEN abs($) < 1000 THEN $::int END"], ["text"]],
  "numeric(10,2)": [["integer"], ["numeric(12,1)"], ["text"]],
  "double precision": [["real"], ["text"]],
  boolean: [["integer", "$::int"], ["text"]],
  jsonb: [["text"], ["json"]],
  "timestamp with time zone": [["date"], ["text"], ["timestamp without time zone"]],
  date: [["timestamp with time zone"], ["text"]],
  uuid: [["text"]],
  bytea: [["text", "encode($, 'hex')"]],
  "integer[]": [["text"], ["integer", "$[1]"]],
  "character varying(12)": [["text"], ["character(3)", "left($, 3)"]],
  "character(5)": [["text"]],
  [ident(enumType)]: [["text"], ["integer", "length($::text)"]],
};

/** SQL over the quoted column that gives another value of its type. */
export const expressions: Record<string, readonly string[]> = {
  text: ["upper($)", "$ || '!'", "NULL", "md5($)"],
  integer: ["$ / 2", "coalesce($, 0) % 3", "NULL"],
  numeric: ["round($)", "$ + 0.00"],
  "double precision": ["$ * 2"],
  boolean: ["NOT $"],
  jsonb: [`$ || '{"z": 1}'`],
  "integer[]": ["$ || 9", "NULL"],
  "timestamp with time zone": ["$ + interval '1 day'"],
};

export function literalOf(type: string, picks: Picks, nullable: boolean): string {
  if (nullable && picks.once(5)) return "NULL";
  const known = values[type];
  return known === undefined ? "NULL" : picks.from(known)!;
}

export function freeName(names: readonly string[], taken: readonly string[], picks: Picks): string {
  const free = names.filter((name) => !taken.includes(name));
  return picks.from(free) ?? `extra_${taken.length}`;
}
