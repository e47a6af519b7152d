// Owns: all rows of a database as comparable text, one statement for up to fifty tables. Text is
// what the types' output functions give under fixed settings, so nothing is rounded or folded.
// Left out: what belongs to the server, to an extension, to a session, or to Belay, such as columns
// that it hides for an undo; foreign tables;
// materialized views (they hold nothing of their own).

import type { Session } from "../../dialect.ts";
import type { Contents, Row, SequencePlace, TableRows } from "../../rehearsal.ts";
import { isColumn, notHidden, ours } from "../catalog/family.ts";
import { quote } from "../names.ts";

const settings = `
  SET search_path = ''; SET datestyle = 'ISO, YMD'; SET intervalstyle = 'postgres';
  SET timezone = 'UTC'; SET bytea_output = 'hex'; SET extra_float_digits = 1;
  SET row_security = off; SET xmloption = content`;

const kept = `c.relpersistence <> 't' AND ${ours("n.nspname")} AND ${notHidden("c.relname")}`;

const tablesSql = `
  SELECT c.oid::text AS oid, format('%I.%I', n.nspname, c.relname) AS name,
         (SELECT coalesce(json_agg(json_build_array(a.attnum::text, a.attname,
                   format_type(a.atttypid, a.atttypmod), a.attgenerated <> '',
                   -- Its cast to text cuts the blanks off.
                   'bpchar'::regtype IN (a.atttypid, t.typbasetype)) ORDER BY a.attnum), '[]')
            FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
           WHERE a.attrelid = c.oid AND ${isColumn("a")}) AS columns,
         (SELECT array_to_json((i.indkey::int2[])[0:i.indnkeyatts - 1])
            FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid AND ${notHidden("x.relname")}
           WHERE i.indrelid = c.oid AND i.indisunique AND i.indimmediate AND i.indisvalid
             AND i.indpred IS NULL AND i.indexprs IS NULL
             AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid
                              AND a.attnum = ANY (i.indkey::int2[]) AND NOT (a.attnotnull AND ${isColumn("a")}))
           ORDER BY i.indisprimary DESC, i.indnkeyatts, i.indexrelid LIMIT 1) AS key
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind = 'r' AND ${kept}
     AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
                      AND d.objid = c.oid AND d.deptype = 'e')
   ORDER BY name`;

const sequencesSql = `
  SELECT c.oid::text AS oid, format('%I.%I', n.nspname, c.relname) AS name,
         s.seqincrement::text AS step
    FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE ${kept}
   ORDER BY name`;

interface TableRow extends Record<string, unknown> {
  oid: string;
  name: string;
  columns: [number: string, name: string, type: string, generated: boolean, padded: boolean][];
  key: number[] | null;
}

interface SequenceRow extends Record<string, unknown> {
  oid: string;
  name: string;
  step: string;
}

/** Of one instant as long as nobody writes, which on a scratch copy is so. */
export async function readContents(session: Session): Promise<Contents> {
  await session.run(settings);
  const found = await session.query<TableRow>(tablesSql);
  const rows: Row[][] = found.map(() => []);
  const tables = found.map(({ oid, name, columns, key }, index): TableRows => {
    const positions = key?.map((number) => columns.findIndex(([each]) => Number(each) === number));
    return {
      ...{ name, identity: oid, rows: rows[index] ?? [] },
      columns: columns.map(([identity, column, type, generated]) => ({
        ...{ name: column, identity, type, generated },
      })),
      ...(positions === undefined ? {} : { key: positions }),
    };
  });
  const parts = found.map(({ name, columns }, index) => {
    const cells = columns.map(([, column, , , padded]) => cell(quote(column), padded)).join(", ");
    // A server's function takes 100 arguments at most; an array has no limit.
    return `SELECT ${index} AS t, array_to_json(ARRAY[${cells}]::text[]) AS row FROM ONLY ${name}`;
  });
  await readParts(session, parts, (index, row) => rows[index]?.push(row));
  return { tables, sequences: await readSequences(session) };
}

async function readSequences(session: Session): Promise<SequencePlace[]> {
  const found = await session.query<SequenceRow>(sequencesSql);
  const places: SequencePlace[] = [];
  const parts = found.map(
    ({ name }, index) =>
      `SELECT ${index} AS t, json_build_array(last_value::text, is_called::text) AS row FROM ${name}`,
  );
  await readParts(session, parts, (index, [last, called]) => {
    const { oid, name, step } = found[index] as SequenceRow;
    const next = BigInt(last ?? 0) + (called === "true" ? BigInt(step) : 0n);
    places.push({ name, identity: oid, next, ascending: !step.startsWith("-") });
  });
  return places;
}

function cell(column: string, padded: boolean): string {
  return padded
    ? `CASE WHEN num_nulls(${column}) = 0 THEN concat(${column}) END`
    : `${column}::text`;
}

async function readParts(
  session: Session,
  parts: readonly string[],
  take: (index: number, row: Row) => void,
): Promise<void> {
  const atOnce = 50;
  for (let from = 0; from < parts.length; from += atOnce) {
    const sql = parts.slice(from, from + atOnce).join("\nUNION ALL ");
    for (const { t, row } of await session.query<{ t: number; row: Row }>(sql)) take(t, row);
  }
}
