// Owns: the question how many rows would not satisfy a constraint that is to come back. It is made
// while the constraint is still there, over tables and columns by their numbers, since rows are asked
// about under the names that they have then.

import type { Question, ReadTable } from "../../core/plan.ts";
import type { Lookup } from "./kind.ts";
import { quote } from "./names.ts";

export interface Asked {
  name: string;
  /** Qualified, quoted. */
  table: string;
  /** `pg_constraint.contype`. */
  type: string;
  /** Of a NOT NULL. */
  column?: string | undefined;
}

interface Facts extends Record<string, unknown> {
  shown: string;
  oid: string;
  only: boolean;
  columns: Named[];
  /** Of a check. */
  condition: string | null;
  /** The table's own name, by which a condition may call it. */
  relation: string;
  other: string | null;
  otherOnly: boolean;
  otherColumns: Named[] | null;
  /** `OPERATOR(schema.=)`, from the other table's column to the own. */
  operators: string[] | null;
  full: boolean;
  /** A check may look at its row as one value, of which columns by number say nothing. */
  wholeRow: boolean;
  /** NULLs are the same to a unique key. */
  joinsNulls: boolean;
  /** Of a key: rows are told apart as GROUP BY does. */
  plain: boolean;
}

interface Named {
  name: string;
  number: number;
}

/** Never undefined: where it cannot be asked, that is what is known. */
export async function violationsOf(catalog: Lookup, asked: Asked): Promise<Question> {
  const { name, table, type, column } = asked;
  const [facts] = await catalog.rows<Facts>(column === undefined ? ofConstraint : ofColumn, [
    table,
    column ?? name,
  ]);
  const object = `${name} of ${facts?.shown ?? table}`;
  if (facts === undefined) return { what: "violations", object, sql: null, reads: [] };
  const own: ReadTable = {
    oid: facts.oid,
    columns: facts.columns,
    ...(facts.only && { only: true }),
  };
  const other: ReadTable[] =
    facts.other === null
      ? []
      : [
          {
            ...{ oid: facts.other, columns: facts.otherColumns ?? [] },
            ...(facts.otherOnly && { only: true }),
          },
        ];
  return { what: "violations", object, sql: sqlOf(type, facts), reads: [own, ...other] };
}

function sqlOf(type: string, facts: Facts): string | null {
  const columns = facts.columns.map(({ name }) => quote(name));
  const count = `SELECT pg_catalog.count(*) FROM asked_1 AS ${quote(facts.relation)} WHERE`;
  switch (type) {
    case "n":
      return `${count} ${columns[0]} IS NULL`;
    case "c":
      // NULL satisfies it.
      return facts.wholeRow ? null : `${count} (${facts.condition}) IS FALSE`;
    case "f":
      return orphans(facts);
    case "p":
    case "u":
      return facts.plain ? tooMany(type, facts, columns) : null;
    default:
      return null;
  }
}

function orphans({ columns, otherColumns, operators, full }: Facts): string | null {
  if (operators === null || otherColumns === null) return null;
  const fields = columns.map(({ name }) => `f.${quote(name)}`).join(", ");
  const equal = columns.map(
    ({ name }, at) => `p.${quote(otherColumns[at]?.name ?? "")} ${operators[at]} f.${quote(name)}`,
  );
  const half = full
    ? ` OR pg_catalog.num_nulls(${fields}) BETWEEN 1 AND ${columns.length - 1}`
    : "";
  return `SELECT pg_catalog.count(*) FROM asked_1 AS f WHERE pg_catalog.num_nulls(${fields}) = 0
    AND NOT EXISTS (SELECT FROM asked_2 AS p WHERE ${equal.join(" AND ")})${half}`;
}

/** Of rows that are alike, all but one; of a primary key also those without a value. */
function tooMany(type: string, { joinsNulls }: Facts, columns: readonly string[]): string {
  const list = columns.join(", ");
  const hasAll = `pg_catalog.num_nulls(${list}) = 0`;
  const alike = `SELECT pg_catalog.count(*) AS n FROM asked_1 ${joinsNulls ? "" : `WHERE ${hasAll} `}GROUP BY ${list} HAVING pg_catalog.count(*) > 1`;
  const excess = `SELECT coalesce(pg_catalog.sum(n - 1), 0)::bigint AS n FROM (${alike}) AS g`;
  if (type === "u") return excess;
  return `SELECT (${excess}) + (SELECT pg_catalog.count(*) FROM asked_1 WHERE NOT ${hasAll})`;
}

const namesOf = (relation: string, numbers: string) =>
  `(SELECT coalesce(json_agg(json_build_object('name', a.attname, 'number', a.attnum) ORDER BY u.place), '[]')
     FROM unnest(${numbers}) WITH ORDINALITY AS u(number, place)
       JOIN pg_attribute a ON a.attrelid = ${relation} AND a.attnum = u.number)`;

const ofColumn = `
  SELECT format('%I.%I', n.nspname, c.relname) AS shown, c.oid::text, false AS only, c.relname::text AS relation,
    ${namesOf("c.oid", "ARRAY[a.attnum]")} AS columns, NULL AS condition, NULL AS other, false AS "otherOnly",
    NULL AS "otherColumns", NULL AS operators, false AS full, false AS "wholeRow", false AS "joinsNulls", false AS plain
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
  WHERE c.oid = to_regclass($1) AND a.attname = $2::name AND NOT a.attisdropped`;

const ofConstraint = `
  SELECT format('%I.%I', n.nspname, c.relname) AS shown, c.oid::text, c.relname::text AS relation,
    c.relkind = 'r' AND (k.contype NOT IN ('c', 'n') OR k.connoinherit) AS only,
    ${namesOf("c.oid", "k.conkey")} AS columns,
    pg_get_expr(k.conbin, k.conrelid) AS condition,
    NULLIF(k.confrelid, 0)::text AS other,
    coalesce(p.relkind = 'r', false) AS "otherOnly",
    ${namesOf("k.confrelid", "k.confkey")} AS "otherColumns",
    -- Of keys over a period they are others.
    CASE WHEN to_jsonb(k) ->> 'conperiod' = 'true' THEN NULL ELSE (
      SELECT array_agg(format('OPERATOR(%I.%s)', os.nspname, o.oprname) ORDER BY e.place)
      FROM unnest(k.conpfeqop) WITH ORDINALITY AS e(operator, place)
        JOIN pg_operator o ON o.oid = e.operator JOIN pg_namespace os ON os.oid = o.oprnamespace) END AS operators,
    k.confmatchtype = 'f' AS full, coalesce(0 = ANY (k.conkey), false) AS "wholeRow",
    coalesce(to_jsonb(i) ->> 'indnullsnotdistinct', 'false') = 'true' AS "joinsNulls",
    coalesce(to_jsonb(k) ->> 'conperiod', 'false') = 'false' AND NOT EXISTS (
      SELECT FROM unnest(i.indclass::oid[], i.indcollation::oid[], i.indkey::int2[]) AS e(class, collated, number)
        JOIN pg_opclass oc ON oc.oid = e.class
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = e.number
      WHERE NOT oc.opcdefault OR e.collated NOT IN (0, a.attcollation)) AS plain
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_class p ON p.oid = k.confrelid LEFT JOIN pg_index i ON i.indexrelid = k.conindid AND k.contype IN ('p', 'u')
  WHERE k.conrelid = to_regclass($1) AND k.conname = $2::name`;
