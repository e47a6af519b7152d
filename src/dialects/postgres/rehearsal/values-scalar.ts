// Owns: made-up values of the server's own types and of those of well-known extensions, as text that
// any session reads alike, whatever its DateStyle, IntervalStyle or TimeZone. Arrays, domains, ranges
// and the like are made of these in `values.ts`.

import type { Values } from "./values.ts";
import { textValues } from "./values-text.ts";

export type Scalar = (modifier: number, unicode: boolean) => Values;

const dayMs = 86_400_000;

/** Far enough that dates stay within four digits of a year. */
const dates = 2_800_000;

/** Text of 2024-01-01 09:30 and as many days later. */
function moment(index: number): string {
  const ms = Date.UTC(2024, 0, 1, 9, 30) + (index % dates) * dayMs;
  return new Date(ms).toISOString().slice(0, 19).replace("T", " ");
}

const clock = (index: number) => moment(0).slice(11, 14) + String(index % 60).padStart(2, "0");

const hex = (index: number, width: number) => index.toString(16).padStart(width, "0");

/** `values(index)` first, then `edges`. */
function of(ordinary: (index: number) => string, ...edges: string[]): Scalar {
  return () => ({ ordinary, edges });
}

const integer = (most: number, ...edges: string[]) =>
  of((index) => `${(index % most) + 1}`, ...edges);

const word: Scalar = (_, unicode) => textValues(undefined, unicode);

/** `atttypmod` counts the four bytes of a header that is long gone. */
const limited: Scalar = (modifier, unicode) =>
  textValues(modifier < 4 ? undefined : modifier - 4, unicode);

const number: Scalar = (modifier) => {
  if (modifier < 4) {
    const edges = [
      "12345.678901",
      "-0.5",
      "0.1",
      "123456789012345678901234567890.0123456789",
      "1.10",
    ];
    return { ordinary: (index) => `${index + 1}.25`, edges: [...edges, "1e-20", "0", "NaN"] };
  }
  const precision = ((modifier - 4) >> 16) & 0xffff;
  // Eleven bits, signed, since PostgreSQL 15; never above 1000 before.
  const scale = (((modifier - 4) & 0x7ff) ^ 1024) - 1024;
  const decimal = (digits: string, sign = "") => `${sign}${digits}e${-scale}`;
  const cycle = "1234567890".repeat(precision / 10 + 1);
  const fraction = scale > 1 ? "25".padEnd(scale, "0") : scale === 1 ? "5" : "";
  const most = 10 ** Math.min(precision, 15) - 1;
  return {
    ordinary: (index) => {
      const whole = `${index + 1}${fraction}`;
      return decimal(whole.length <= precision ? whole : `${(index % most) + 1}`);
    },
    edges: [
      decimal(cycle.slice(0, precision)),
      decimal(cycle.slice(0, Math.min(Math.max(scale, 1), precision)), "-"),
      decimal("9".repeat(precision)),
      decimal("9".repeat(precision), "-"),
      "0",
    ],
  };
};

const float = (...edges: string[]) =>
  of((index) => `${index + 1}.5`, "0.1", "-0.5", "1e-30", ...edges, "-0", "Infinity", "NaN");

const bits =
  (fixed: boolean): Scalar =>
  (modifier) => {
    const width = modifier > 0 ? modifier : 12;
    const text = (index: number) => (index + 1).toString(2).padStart(width, "0").slice(-width);
    const full = ["1".repeat(width), "0".repeat(width), "10".repeat(width).slice(0, width)];
    return { ordinary: text, edges: fixed ? full : ["", "1", ...full] };
  };

const json = (...edges: string[]) =>
  of(
    (index) => `{"id": ${index + 1}, "name": "alpha ${index + 1}"}`,
    `{"b": 1.10, "a": [1, null, {"c": "Zo\\u0065 \\"x\\""}], "": 12345678901234567890}`,
    ...edges,
    "{}",
    "[]",
    `["a", 2, null]`,
    "null",
    `"text"`,
    "0",
  );

const vector: Scalar = (modifier) => {
  const list = (each: (place: number) => number) =>
    `[${Array.from({ length: Math.max(modifier, 3) }, (_, place) => each(place)).join(",")}]`;
  return {
    ordinary: (index) => list((place) => index + place + 1),
    edges: [list(() => 0.125), list(() => -1)],
  };
};

/** By `pg_type.typname`. */
export const scalars: Readonly<Record<string, Scalar>> = {
  bool: of((index) => (index % 2 === 0 ? "true" : "false")),
  int2: integer(32_000, "-1", "32767", "-32768", "0"),
  int4: integer(2_000_000_000, "-1", "2147483647", "70000", "-2147483648", "0"),
  int8: integer(
    2_000_000_000,
    "3000000000",
    "9007199254740993",
    "-1",
    "9223372036854775807",
    "-9223372036854775808",
    "0",
  ),
  numeric: number,
  float4: float("3.4028235e38"),
  float8: float("1.7976931348623157e308", "5e-324", "123456789.123456789"),
  money: integer(1_000_000, "12.34", "-0.99", "90000000000000"),

  text: word,
  citext: word,
  refcursor: word,
  varchar: limited,
  bpchar: limited,
  name: (_, unicode) => textValues(20, unicode),
  char: of((index) => String.fromCharCode(97 + (index % 26)), "Z", " ", ""),
  bytea: of(
    (index) => `\\x${hex(index + 1, 8)}`,
    "\\x00ff00",
    "\\x",
    "\\x5c275c",
    `\\x${"00ff".repeat(1500)}`,
  ),
  bit: bits(true),
  varbit: bits(false),

  date: of(
    (index) => moment(index).slice(0, 10),
    "1999-12-31",
    "2000-02-29",
    "0044-03-15 BC",
    "9999-12-31",
    "infinity",
    "-infinity",
  ),
  timestamp: of(
    moment,
    "2024-03-31 02:30:00.123456",
    "1969-12-31 23:59:59.999999",
    "9999-12-31 23:59:59.999999",
    "0044-03-15 12:00:00 BC",
    "infinity",
    "-infinity",
  ),
  timestamptz: of(
    (index) => `${moment(index)}+00`,
    "2024-03-31 01:30:00.123456+01",
    "2024-11-03 01:30:00.999999-04",
    "1969-12-31 23:59:59.999999+00",
    "9999-12-30 12:00:00+00",
    "0044-03-15 12:00:00+00 BC",
    "infinity",
    "-infinity",
  ),
  time: of(
    (index) => `${clock(Math.floor(index / 60))}:${String(index % 60).padStart(2, "0")}`,
    "23:59:59.999999",
    "00:00:00",
    "24:00:00",
  ),
  timetz: of((index) => `${clock(index)}:00+00`, "23:59:59.999999-11:30", "00:00:00+14"),
  interval: of(
    (index) => `${index + 1} days`,
    "1 year 2 mons 3 days 04:05:06.789012",
    "-1 days +02:03:04.000005",
    "1 mon",
    "30 days",
    "0",
  ),

  uuid: of(
    (index) => `6ba7b810-9dad-41d1-80b4-${hex(index + 1, 12)}`,
    "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
  ),
  json: json(`{"a":1,  "a":2 , "b": 1e2}`),
  jsonb: json(),
  jsonpath: of((index) => `$.a[${index}]`, 'strict $."b c"[*] ? (@ > 1)', "$"),
  xml: of(
    (index) => `<alpha n="${index + 1}">a &amp; b</alpha>`,
    "<a><!-- c --><b/> x </a>",
    "<a/>",
  ),
  hstore: of((index) => `"id"=>"${index + 1}", "Name"=>NULL`, "", `"a b"=>"it's \\"x\\""`),
  ltree: of((index) => `Top.Alpha_${index + 1}`, "", "A"),
  lquery: of((index) => `Top.*{${index % 9}}`, "*.a|b.*"),
  ltxtquery: of((index) => `alpha${index + 1} & b`, "a"),
  cube: of((index) => `(${index + 1}, 2)`, "(0.1),(2)"),
  seg: of((index) => `${index + 1}`, "1 .. 2.5"),
  vector,
  halfvec: vector,
  tsvector: of((index) => `'alpha':${(index % 16_000) + 1} 'b':2A`, "", "'it''s':1,2B"),
  tsquery: of((index) => `'alpha${index + 1}' & !'b'`, "", "'a' <2> 'b':*A"),

  inet: of(
    (index) => `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`,
    "192.168.1.5/24",
    "2001:db8::1/64",
    "::ffff:1.2.3.4",
    "0.0.0.0/0",
  ),
  cidr: of(
    (index) => `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}/32`,
    "10.0.0.0/8",
    "2001:db8::/32",
    "::/0",
  ),
  macaddr: of(
    (index) =>
      `08:00:2b:${hex((index >> 16) & 255, 2)}:${hex((index >> 8) & 255, 2)}:${hex(index & 255, 2)}`,
    "ff:ff:ff:ff:ff:ff",
  ),
  macaddr8: of(
    (index) =>
      `08:00:2b:01:02:${hex((index >> 16) & 255, 2)}:${hex((index >> 8) & 255, 2)}:${hex(index & 255, 2)}`,
    "00:00:00:00:00:00:00:00",
  ),

  point: of((index) => `(${index + 0.5},2.25)`, "(0.1,-1e-30)", "(Infinity,0)"),
  line: of((index) => `{1,2,${index + 1}}`, "{0.1,-1,0}"),
  lseg: of((index) => `[(0,0),(${index + 1},1.5)]`, "[(0.1,0.1),(0.1,0.1)]"),
  box: of((index) => `(${index + 2},2),(${index + 1},1)`, "(0.1,0.1),(-0.5,-0.5)"),
  path: of((index) => `[(0,0),(${index + 1},1),(2,0)]`, "((0,0),(0.1,1))"),
  polygon: of((index) => `((0,0),(${index + 1},0),(0,1.5))`, "((0.1,0.2))"),
  circle: of((index) => `<(0.5,1),${index + 1}>`, "<(0,0),0>"),

  oid: integer(2_000_000_000, "4294967295", "0"),
  xid: integer(2_000_000_000, "4294967295"),
  xid8: integer(2_000_000_000, "18446744073709551615"),
  cid: integer(2_000_000_000),
  tid: of((index) => `(${index},1)`, "(4294967295,65535)"),
  pg_lsn: of((index) => `0/${hex(index + 1, 1)}`, "FFFFFFFF/FFFFFFFF"),
  pg_snapshot: of((index) => `${index + 10}:${index + 20}:`, "1:1:"),
  txid_snapshot: of((index) => `${index + 10}:${index + 20}:`, "1:1:"),
  regclass: of(() => "pg_catalog.pg_class", "-", "pg_catalog.pg_type"),
  regtype: of(() => "pg_catalog.int4", "-"),
  regproc: of(() => "pg_catalog.now", "-"),
  regprocedure: of(() => "pg_catalog.now()", "-"),
  regoper: of(() => "pg_catalog.||/", "0"),
  regoperator: of(() => "pg_catalog.+(int4,int4)", "0"),
  regnamespace: of(() => "pg_catalog", "-"),
  regrole: of(() => "pg_monitor", "-"),
  regcollation: of(() => `pg_catalog."C"`, "-"),
  regconfig: of(() => "pg_catalog.simple", "-"),
  regdictionary: of(() => "pg_catalog.simple", "-"),
  int2vector: of((index) => `1 ${(index % 32_000) + 1}`, ""),
  oidvector: of((index) => `1 ${index + 1}`, ""),
};
