// Owns: one column as a captured cell: how its value is stored in a shelf, how it gets back into the
// table, and when two values are the same one.

import { quote } from "../names.ts";

export interface Column {
  name: string;
  /** `pg_attribute.attnum`. */
  number: number;
  /** Hidden by an earlier migration: kept only of deleted rows, which would lose it otherwise. */
  hidden: boolean;
  /** GENERATED ALWAYS AS IDENTITY: the server lets no UPDATE write it. */
  always: boolean;
  /**
   * Kept only of cells that a statement changed, both images NULL meaning that it did not: values
   * that may be long and stand outside of the row, where an UPDATE of other columns leaves them, and
   * those that are cheap to compare.
   */
  sparse: boolean;
  /** Of a type of the server's own, or a domain over one. */
  native: boolean;
  /** The type under the domains, qualified: a domain's constraints must not bite in the shelf. */
  type: string;
  domain: boolean;
  /** The type takes a COLLATE. */
  collatable: boolean;
  /** The column's own collation, qualified; null where the type has none. */
  collation: string | null;
  /** Values that are `=` have the same bytes (text: in collation C). */
  exact: boolean;
  /** Those that are `=` differ in nothing but their scale, which is faster asked for than their bytes. */
  scaled: boolean;
}

/** Names of the two images of the column at `at`. */
export const oldCell = (at: number) => `o${at + 1}`;
export const newCell = (at: number) => `n${at + 1}`;

/**
 * The type of both images. Never a type of the user's and never the table's row type: a later
 * migration must be able to alter or drop those, and a dependency of ours would forbid it. Values
 * of user types are kept as the text that their own output functions write.
 */
export function storedType(column: Column): string {
  if (!column.native) return `pg_catalog.text COLLATE pg_catalog."C"`;
  return column.collatable ? `${column.type} COLLATE pg_catalog."C"` : column.type;
}

/** The value as it is stored, read from the row `alias`. */
export function stored(column: Column, alias: string): string {
  const cell = `${alias}.${quote(column.name)}`;
  if (!column.native) {
    // A cast to text could be a user's own and lose something; concat() calls the output function.
    // IS NULL would be true of a composite value whose fields are NULL.
    return `(CASE WHEN pg_catalog.num_nulls(${cell}) = 0 THEN pg_catalog.concat(${cell}) END)`;
  }
  return column.domain ? `CAST(${cell} AS ${column.type})` : cell;
}

/** A stored image as a value for the table. */
export function restored(column: Column, image: string): string {
  return column.native ? image : `CAST(${image} AS ${column.type})`;
}

/**
 * Whether two stored values are the same. By bytes, not by `=`: 1.0 and 1.00, or `a` and `A` in a
 * case-insensitive collation, are a change that somebody made; json, xml and point have no `=`.
 */
export function same(column: Column, left: string, right: string): string {
  if (!column.native || (column.exact && column.collatable)) {
    return `${left} COLLATE pg_catalog."C" IS NOT DISTINCT FROM ${right} COLLATE pg_catalog."C"`;
  }
  if (column.exact) return `${left} IS NOT DISTINCT FROM ${right}`;
  if (column.scaled) {
    return `(${left} IS NOT DISTINCT FROM ${right} AND ${scale(left)} IS NOT DISTINCT FROM ${scale(right)})`;
  }
  return `pg_catalog.record_image_eq(ROW(${left}), ROW(${right}))`;
}

export function differs(column: Column, left: string, right: string): string {
  if (!column.native || (column.exact && column.collatable)) {
    return `${left} COLLATE pg_catalog."C" IS DISTINCT FROM ${right} COLLATE pg_catalog."C"`;
  }
  if (column.exact) return `${left} IS DISTINCT FROM ${right}`;
  if (column.scaled) {
    return `(${left} IS DISTINCT FROM ${right} OR ${scale(left)} IS DISTINCT FROM ${scale(right)})`;
  }
  return `pg_catalog.record_image_ne(ROW(${left}), ROW(${right}))`;
}

const scale = (value: string) => `pg_catalog.scale(${value})`;

/** `=` of the key's index, between cells of the table and stored images or other cells. */
export interface KeyPart {
  at: number;
  column: Column;
  /** `OPERATOR(schema.=)`. */
  operator: string;
}

/** The row `alias` has the key that stands in the images of `image`. */
export function hasKey(
  key: readonly KeyPart[],
  alias: string,
  image: string,
  which: typeof oldCell,
): string {
  const parts = key.map(({ at, column, operator }) => {
    const collate = column.collation === null ? "" : ` COLLATE ${column.collation}`;
    const kept = restored(column, `${image}.${which(at)}`);
    const cell = `${alias}.${quote(column.name)}`;
    // A domain may have no `=` of its own; the index uses that of its base.
    const own = column.domain ? `CAST(${cell} AS ${column.type})` : cell;
    return `${own}${collate} ${operator} ${kept}${collate}`;
  });
  return `(${parts.join(" AND ")})`;
}

/** Images with the same key, as stored. */
export function equalKeys(
  key: readonly KeyPart[],
  left: string,
  leftCell: typeof oldCell,
  right: string,
  rightCell: typeof oldCell,
): string {
  const parts = key.map(({ at }) => `${left}.${leftCell(at)} = ${right}.${rightCell(at)}`);
  return `(${parts.join(" AND ")})`;
}
