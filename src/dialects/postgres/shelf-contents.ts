// Owns: the rows on a shelf, as they leave for an archive and come back into ordinary tables. A
// hidden column leaves with the key of its rows, or with all columns where there is none.

import { BelayError } from "../../core/errors.ts";
import type { Session, ShelfContents, ShelfTable } from "../dialect.ts";
import type { Lookup } from "./kind.ts";
import { quote } from "./names.ts";
import { recreationOf } from "./objects/recreate.ts";
import { hiddenName, isHidden, reservedSchema } from "./shelf-names.ts";
import { columnShown, columnsOn, isKept, residentShown, residentsOf } from "./shelves.ts";

/** The path makes the server write types and objects qualified; rows that policies hide would be lost. */
export const portably = `SET LOCAL search_path = pg_catalog; SET LOCAL datestyle = 'ISO, YMD';
  SET LOCAL intervalstyle = 'postgres'; SET LOCAL timezone = 'UTC'; SET LOCAL extra_float_digits = 1;
  SET LOCAL bytea_output = 'hex'; SET LOCAL lc_monetary = 'C'; SET LOCAL row_security = off`;

interface Column extends Record<string, unknown> {
  name: string;
  type: string;
}

/** Asks in a transaction that writes {@link portably}. */
export async function contentsOf(catalog: Lookup, shelf: string): Promise<ShelfContents> {
  const taken = new Set<string>();
  const tables: ShelfTable[] = [];
  const objects: ShelfContents["objects"] = [];
  for (const column of await columnsOn(catalog, [shelf])) {
    const object = columnShown(column);
    const hidden = column.name;
    const name = hidden.slice(hiddenName(shelf, "").length);
    const key = await keyOf(catalog, column.oid, hidden);
    const columns = await columnsOf(catalog, column.oid, hidden, key);
    const shown = columns.map((each) => (each.name === hidden ? { ...each, name } : each));
    tables.push({
      ...{ object, name: free(taken, `${column.relation}_${name}`), columns: shown, key },
      copy: copyOut(columns, column.table),
    });
  }
  for (const resident of (await residentsOf(catalog, [shelf])).filter(isKept)) {
    const object = residentShown(resident);
    const { oid, identity, kind, name } = resident;
    if (kind !== null && "rpm".includes(kind)) {
      const columns = await columnsOf(catalog, oid);
      // Rows of children stand with the children, those of partitions nowhere else.
      const from = kind === "r" ? `ONLY ${identity}` : identity;
      const named = free(taken, name ?? identity);
      tables.push({ object, name: named, columns, key: null, copy: copyOut(columns, from) });
    } else {
      const { sql, impossible } = await recreationOf(catalog, [resident]);
      objects.push({ object, sql: impossible === undefined ? sql : null });
    }
  }
  return { tables, objects };
}

function free(taken: Set<string>, wanted: string): string {
  let name = wanted;
  for (let next = 2; taken.has(name); next += 1) name = `${wanted}_${next}`;
  taken.add(name);
  return name;
}

function copyOut(columns: readonly Column[], from: string): string {
  return `COPY (SELECT ${columns.map(({ name }) => quote(name)).join(", ")} FROM ${from}) TO STDOUT`;
}

/** Columns of the primary key, else of another unique key; never with the column itself. */
async function keyOf(catalog: Lookup, oid: string, hidden: string): Promise<string[] | null> {
  const [found] = await catalog.rows<{ key: string[] }>(
    `SELECT array_agg(a.attname::text ORDER BY a.attnum) AS key
       FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid
         AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])
      WHERE i.indrelid = $1::oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL
        AND i.indexprs IS NULL
      GROUP BY i.indexrelid, i.indisprimary
     HAVING bool_and(a.attnotnull) AND bool_and(a.attname <> $2::name)
      ORDER BY i.indisprimary DESC, i.indexrelid LIMIT 1`,
    [oid, hidden],
  );
  return found?.key ?? null;
}

/** All; or those of the key and the hidden column; or all that is not hidden, and that one. */
function columnsOf(
  catalog: Lookup,
  oid: string,
  hidden: string | null = null,
  key: readonly string[] | null = null,
): Promise<Column[]> {
  return catalog.rows<Column>(
    `SELECT attname::text AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
      WHERE attrelid = $1::oid AND attnum > 0 AND NOT attisdropped
        AND ($2::name IS NULL OR attname = $2::name
          OR CASE WHEN $3::name[] IS NULL THEN NOT (${isHidden("attname")})
             ELSE attname = ANY ($3::name[]) END)
      ORDER BY attnum`,
    [oid, hidden, key],
  );
}

/** No type's text is taken into SQL that the server does not know as a type. */
export async function makeTable(
  session: Session,
  { schema, name, columns }: { schema: string; name: string; columns: readonly Column[] },
) {
  if (reservedSchema.test(schema)) {
    throw new BelayError("BELAY_SQL_RESERVED", `The schema "${schema}" belongs to Belay`, {
      state: "Nothing was loaded.",
      hint: "Use another schema.",
    });
  }
  const table = `${quote(schema)}.${quote(name)}`;
  const known = await session.query<{ known: boolean }>(
    `SELECT to_regtype(type) IS NOT NULL AS known
       FROM unnest($1::text[]) WITH ORDINALITY AS each(type, nr) ORDER BY nr`,
    [columns.map(({ type }) => type)],
  );
  const asText = columns.filter((_, index) => !known[index]?.known).map((each) => each.name);
  const typed = columns.map(
    (each) => `${quote(each.name)} ${asText.includes(each.name) ? "text" : each.type}`,
  );
  await session.run(`CREATE SCHEMA IF NOT EXISTS ${quote(schema)}`);
  await session.run(`CREATE TABLE ${table} (${typed.join(", ")})`);
  return { table, asText, copy: `COPY ${table} FROM STDIN` };
}
