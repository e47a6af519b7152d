// Owns: what stands against the undo of captured rows, as questions: how many there are to go over,
// and how many both sides have changed. It is the comparison of the merge (merge.ts, keyless.ts) as one
// SELECT; where the merge first puts several changes of one row together, that SELECT says NULL.
// What the server refuses besides (a unique value that somebody has taken, a key whose row is gone)
// only the merge itself finds.

import type { Question, ReadTable } from "../../../core/plan.ts";
import type { Lookup } from "../kind.ts";
import { quote } from "../names.ts";
import type { ShelfId } from "../shelf-names.ts";
import { differs, hasKey, newCell, oldCell, same, stored } from "./cells.ts";
import { isKeyless, textOf } from "./keyless.ts";
import { cellsOf } from "./merge.ts";
import { inShelf } from "./shelf.ts";
import { type Target, visible } from "./targets.ts";

export async function questionsOf(
  catalog: Lookup,
  id: ShelfId,
  targets: readonly Target[],
): Promise<Question[]> {
  const inside = new Set(targets.flatMap(({ members }) => members.map(({ oid }) => oid)));
  const questions: Question[] = [];
  for (const target of targets) {
    questions.push(rowsQuestion(id, target), await conflictsQuestion(catalog, id, target, inside));
  }
  return questions;
}

function rowsQuestion(id: ShelfId, { number, shown, members }: Target): Question {
  return {
    what: "rows",
    object: shown,
    sql: `SELECT pg_catalog.count(*) FROM ${inShelf(id, "rows", number)}`,
    reads: members.map(({ oid }) => ({ oid, columns: [] })),
  };
}

async function conflictsQuestion(
  catalog: Lookup,
  id: ShelfId,
  target: Target,
  inside: ReadonlySet<string>,
): Promise<Question> {
  const own: ReadTable = {
    oid: target.oid,
    columns: visible(target).map(({ column: { name, number } }) => ({ name, number })),
    ...(target.byRow && { only: true }),
  };
  const asked = { what: "conflicts", object: target.shown } as const;
  if (isKeyless(target)) return { ...asked, sql: keyless(id, target), reads: [own] };
  const referrers = await referrersOf(catalog, target);
  const reads = [own, ...referrers.map(({ condition: _, ...table }) => table)];
  return { ...asked, sql: keyed(id, target, referrers, inside), reads };
}

function keyless(id: ShelfId, target: Target): string {
  const rows = inShelf(id, "rows", target.number);
  const cells = visible(target);
  const after = textOf(cells.map(({ at }) => `i.${newCell(at)}`));
  const now = textOf(cells.map(({ column }) => stored(column, "t")));
  const numbered = (text: string) =>
    `${text} AS txt, pg_catalog.row_number() OVER (PARTITION BY ${text}) AS nth`;
  return `SELECT CASE WHEN (SELECT pg_catalog.count(DISTINCT firing) FROM ${rows}) < 2 THEN pg_catalog.count(*) END
    FROM (SELECT ${numbered(after)} FROM ${rows} AS i WHERE i.event <> 'd') AS i
    WHERE NOT EXISTS (SELECT FROM (SELECT ${numbered(now)} FROM asked_1 AS t) AS t
      WHERE t.txt = i.txt AND t.nth = i.nth)`;
}

function keyed(
  id: ShelfId,
  target: Target,
  referrers: readonly Referrer[],
  inside: ReadonlySet<string>,
): string {
  const { key, number } = target;
  const rows = inShelf(id, "rows", number);
  const cells = cellsOf(target);
  const some = (conditions: readonly string[]) => `(${conditions.join(" OR ") || "false"})`;
  const every = (conditions: readonly string[]) => `(${conditions.join(" AND ")})`;
  const found = (which: typeof oldCell) => hasKey(key, "t", "i", which);
  const clash = cells.map(
    ({ changed, isBase, isTheirs }) => `(${changed}) AND NOT (${isBase}) AND NOT (${isTheirs})`,
  );
  const unchanged = visible(target).map(
    ({ column, at }) => `(${same(column, stored(column, "t"), `i.${newCell(at)}`)})`,
  );
  const moved = key.map(({ at, column }) =>
    differs(column, `i.${oldCell(at)}`, `i.${newCell(at)}`),
  );
  const refers = (isInside: boolean) =>
    referrers.flatMap(({ oid, condition }, index) =>
      inside.has(oid) === isInside
        ? [`EXISTS (SELECT FROM asked_${index + 2} AS r WHERE ${condition})`]
        : [],
    );
  const olds = key.map(({ at }) => oldCell(at)).join(", ");
  const news = key.map(({ at }) => newCell(at)).join(", ");
  // As in net.ts: of such rows the changes are put together first.
  const busy = `SELECT FROM (
      SELECT ${olds} FROM ${rows} WHERE event <> 'i'
      UNION ALL SELECT ${news} FROM ${rows}
        WHERE event = 'i' OR event = 'u' AND (${olds}) IS DISTINCT FROM (${news})) AS touched
    GROUP BY ${olds} HAVING pg_catalog.count(*) > 1`;
  return `SELECT CASE WHEN NOT busy.is AND NOT updated.moved AND NOT inserted.tangled
      THEN updated.n + deleted.n + inserted.n END
    FROM (SELECT EXISTS (${busy}) AS is) AS busy,
      (SELECT coalesce(pg_catalog.bool_or(${some(moved)}), false) AS moved,
        pg_catalog.count(*) FILTER (WHERE t.tableoid IS NULL OR ${some(clash.map((each) => `(${each})`))}) AS n
      FROM ${rows} AS i LEFT JOIN asked_1 AS t ON ${found(newCell)}
      WHERE i.event = 'u' AND ${some(cells.map(({ changed }) => `(${changed})`))}) AS updated,
      (SELECT pg_catalog.count(*) AS n FROM ${rows} AS i JOIN asked_1 AS t ON ${found(oldCell)}
      WHERE i.event = 'd' AND NOT ${every(cells.map(({ isTheirs }) => `(${isTheirs})`))}) AS deleted,
      (SELECT coalesce(pg_catalog.bool_or(${every(unchanged)} AND ${some(refers(true))}), false) AS tangled,
        pg_catalog.count(*) FILTER (WHERE NOT ${every(unchanged)} OR ${some(refers(false))}) AS n
      FROM ${rows} AS i JOIN asked_1 AS t ON ${found(newCell)} WHERE i.event = 'i') AS inserted`;
}

interface Referrer extends ReadTable {
  /** SQL: the row `r` refers to the row `t`. */
  condition: string;
}

interface Found extends Record<string, unknown> {
  oid: string;
  only: boolean;
  columns: ReadTable["columns"];
  referenced: string[];
  operators: string[];
}

async function referrersOf(catalog: Lookup, { members }: Target): Promise<Referrer[]> {
  const found = await catalog.rows<Found>(
    `SELECT k.conrelid::text AS oid, c.relkind = 'r' AS only,
       json_agg(json_build_object('name', f.attname, 'number', f.attnum) ORDER BY u.place) AS columns,
       array_agg(p.attname::text ORDER BY u.place) AS referenced,
       array_agg(format('OPERATOR(%I.%s)', n.nspname, o.oprname) ORDER BY u.place) AS operators
     FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
       CROSS JOIN unnest(k.conkey, k.confkey, k.conpfeqop) WITH ORDINALITY AS u(own, referenced, operator, place)
       JOIN pg_attribute f ON f.attrelid = k.conrelid AND f.attnum = u.own
       JOIN pg_attribute p ON p.attrelid = k.confrelid AND p.attnum = u.referenced
       JOIN pg_operator o ON o.oid = u.operator JOIN pg_namespace n ON n.oid = o.oprnamespace
     WHERE k.contype = 'f' AND k.confrelid = ANY ($1::oid[]) AND k.conparentid = 0
     GROUP BY k.oid, k.conrelid, c.relkind ORDER BY k.oid`,
    [members.map(({ oid }) => oid)],
  );
  return found.map(({ oid, only, columns, referenced, operators }) => ({
    ...{ oid, only, columns },
    condition: columns
      .map(({ name }, at) => `t.${quote(referenced[at] ?? "")} ${operators[at]} r.${quote(name)}`)
      .join(" AND "),
  }));
}
