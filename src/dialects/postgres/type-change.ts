// Owns: which type changes keep every value, so that changing back is exact, and the expression
// that changes back: one that fails loudly for values the old type cannot hold. Pure.

import type { ColumnType } from "./column-type.ts";
import { literal } from "./names.ts";

/** Changes after which the old value can be had from the new one, for every value that passes. */
export function isLossless(
  from: ColumnType,
  to: ColumnType,
  cast: "assignment" | "explicit",
): boolean {
  if (from.oid === to.oid) return widens(from, to);
  // The text form of a value can be read back; of money only under the same locale.
  if (isUnlimitedText(to)) return from.name !== "money";
  if (from.array !== to.array) return false;
  if (isString(from) && isString(to)) return fits(from, to);
  // A cast that is not written out refuses to cut.
  if (isString(to)) return to.name === "varchar" && cast === "assignment";
  if (to.kind === "e") return from.kind === "e" || isString(from);
  return pairs.some((holds) => holds(from, to));
}

/** Same type, other modifiers: `varchar(10)` -> `varchar(20)`. */
function widens(from: ColumnType, to: ColumnType): boolean {
  if (to.modifiers.length === 0) return true;
  if (from.modifiers.length === 0) return isClock(from) && to.modifiers[0] === microseconds;
  if (from.name === "numeric") return scaleOf(to) >= scaleOf(from);
  return (to.modifiers[0] ?? 0) >= (from.modifiers[0] ?? 0);
}

const microseconds = 6;
const integers: readonly string[] = ["int2", "int4", "int8"];
const strings: readonly string[] = ["text", "varchar", "bpchar", "citext", "name"];
const clocks: readonly string[] = ["timestamp", "timestamptz", "time", "timetz", "interval"];

export const isString = ({ name }: ColumnType): boolean => strings.includes(name);
export const isInteger = ({ name }: ColumnType): boolean => integers.includes(name);
const isClock = ({ name }: ColumnType): boolean => clocks.includes(name);
const isDated = (type: ColumnType): boolean => type.name === "date" || isClock(type);

function isUnlimitedText({ name, array, modifiers }: ColumnType): boolean {
  return !array && (name === "text" || name === "citext" || (name === "varchar" && !modifiers[0]));
}

/** Trailing blanks of `char(n)` mean nothing, so they are no loss. */
function fits(from: ColumnType, to: ColumnType): boolean {
  const [length] = to.modifiers;
  if (to.name === "bpchar") return from.name === "bpchar" && widens(from, to);
  if (to.name === "name") return false;
  return length === undefined || (from.modifiers[0] !== undefined && from.modifiers[0] <= length);
}

const scaleOf = ({ modifiers }: ColumnType): number => modifiers[1] ?? 0;

/** Where a value does not fit the server refuses the change itself; these never round. */
const pairs: readonly ((from: ColumnType, to: ColumnType) => boolean)[] = [
  (from, to) => isInteger(from) && isInteger(to),
  (from, to) => isInteger(from) && to.name === "numeric" && scaleOf(to) >= 0,
  (from, to) =>
    from.name === "numeric" && from.modifiers.length > 0 && scaleOf(from) <= 0 && isInteger(to),
  (from, to) => ["int2", "int4"].includes(from.name) && to.name === "float8",
  (from, to) => from.name === "int2" && to.name === "float4",
  (from, to) => from.name === "float4" && to.name === "float8",
  (from, to) => from.name === "bool" && to.name === "int4",
  (from, to) => from.name === "date" && ["timestamp", "timestamptz"].includes(to.name),
  (from, to) => from.name === "jsonb" && to.name === "json",
  (from, to) => from.name === "cidr" && to.name === "inet",
];

/** Between `timestamp` and `timestamptz` the hours that a clock change skips or repeats get lost. */
export function needsZone(from: ColumnType, to: ColumnType): boolean {
  return from.array === to.array && isInstant(from) && isInstant(to) && from.oid !== to.oid;
}

const isInstant = ({ name }: ColumnType): boolean => ["timestamp", "timestamptz"].includes(name);

/** Zones whose clock never changes. */
export function isFixedZone(zone: string): boolean {
  return /^(etc\/)?(utc|gmt|uct|zulu|universal|z|greenwich)$/i.test(zone);
}

/** Types whose input rejects a sentence, so that a cast of one is an error with our words in it. */
const strict: readonly string[] = [
  ...integers,
  ...["numeric", "float4", "float8", "bool", "date", "uuid", "inet", "cidr", "macaddr"],
];

/** What going back is made of. */
export interface WayBack {
  /** Quoted. */
  column: string;
  now: ColumnType;
  old: ColumnType;
  /** The types as SQL. */
  sql: { now: string; old: string };
  /** In which `timestamp` and `timestamptz` are turned into each other. */
  zone: string;
  /** Whether the server has a cast from `now` to `old`, and one to go there again. */
  castable: { back: boolean; again: boolean };
}

/**
 * `USING ...` for changing the column from `now` back to `old`; empty where the server's own cast
 * refuses what does not fit.
 */
export function usingBack(way: WayBack): string {
  const { column, now, old, sql, zone, castable } = way;
  if (needsZone(old, now)) return ` USING ${column} AT TIME ZONE ${literal(zone)}`;
  if (refusesMisfits(now, old)) return "";
  const viaText = `${column}::text${now.array ? "[]" : ""}::${sql.old}`;
  if (now.kind === "e" || old.kind === "e") return ` USING ${viaText}`;
  // Through text a value either has the old type's form or is refused.
  if (!castable.back) return ` USING ${column}::text::${sql.old}`;
  return ` USING ${checkedBack(way)}`;
}

/** The server's assignment cast never rounds or cuts. */
function refusesMisfits(now: ColumnType, old: ColumnType): boolean {
  if (now.oid === old.oid) return now.name !== "numeric" && !isClock(now);
  if (now.array || old.array) return false;
  return (isString(now) && isString(old)) || (isInteger(now) && isInteger(old));
}

/** A cast that rounds is checked by going there again; its error says which value does not fit. */
function checkedBack({ column, now, old, sql, zone, castable }: WayBack): string {
  const inZone = old.name === "date" && now.name === "timestamptz";
  const at = `AT TIME ZONE ${literal(zone)}`;
  const back = inZone ? `(${column} ${at})::date` : `${column}::${sql.old}`;
  const checked =
    castable.again && strict.includes(old.name) && !old.array && !(isString(now) && isDated(old));
  if (!checked) return back;
  const again = inZone ? `(${back})::timestamp ${at}` : `(${back})::${sql.now}`;
  const complaint = `${literal(`does not fit ${sql.old}: `)} || ${column}::text`;
  return `CASE WHEN ${again} IS NOT DISTINCT FROM ${column} THEN ${back} ELSE (${complaint})::${sql.old} END`;
}
