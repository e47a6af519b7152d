// Owns: what all captured changes of a table come to: for each row that is another one now, its
// image before the first change and the one after the last, as the table or view `net`.
//
// The merge compares with the net change, not change by change: a value that went 1 -> 2 -> 3 and
// that the application then set to 2 would be taken for the migration's own at the second step. It
// also makes the undo one statement for a table, however many statements the migration ran.
//
// Columns of `net`: `no` (0 until the rows are numbered), `op` (i, u, d: what the migration did) and
// the images. With one firing, that is what was captured. Otherwise changes of rows that were
// changed once are taken as they are, and the others are put together firing by firing.

import { literal } from "../names.ts";
import type { ShelfId } from "../shelf-names.ts";
import { type Column, differs, equalKeys, newCell, oldCell, same } from "./cells.ts";
import { dollar, inShelf, shelfName } from "./shelf.ts";
import type { Target } from "./targets.ts";

/** Creates `net_<n>`, `compose_<n>` and `number_<n>` functions. */
export function netFunctions(id: ShelfId, target: Target): string[] {
  return [composeFunction(id, target), netFunction(id, target), numberFunction(id, target)];
}

export function images(columns: readonly Column[], alias: string): string {
  return columns
    .flatMap((column, at) => [
      `${alias}.${oldCell(at)}`,
      ...(column.hidden ? [] : [`${alias}.${newCell(at)}`]),
    ])
    .join(", ");
}

function netFunction(id: ShelfId, { number, columns, key }: Target): string {
  const name = (what: string) => inShelf(id, what, number);
  const oldKey = key.map(({ at }) => oldCell(at)).join(", ");
  const newKey = key.map(({ at }) => newCell(at)).join(", ");
  const busy = `EXISTS (SELECT FROM ${name("busy")} AS b WHERE ${equalKeys(key, "b", oldCell, "r", oldCell)})
      OR EXISTS (SELECT FROM ${name("busy")} AS b WHERE ${equalKeys(key, "b", oldCell, "r", newCell)})`;
  return `CREATE FUNCTION ${name("prepare")}() RETURNS void LANGUAGE plpgsql
  SET jit = off SET work_mem = '64MB' AS ${dollar(`DECLARE
  what "char";
BEGIN
  IF (SELECT last_value = 1 FROM ${inShelf(id, "firing")})
    OR (SELECT min(firing) IS NOT DISTINCT FROM max(firing) FROM ${name("rows")}) THEN
    SELECT event INTO what FROM ${name("rows")} LIMIT 1;
    -- A constant, so that what the migration did not do costs no look at the rows.
    EXECUTE format(${literal(`CREATE VIEW ${name("net").replaceAll("%", "%%")} AS
      SELECT 0::bigint AS no, %L::"char" AS op, ${images(columns, "r")}
      FROM ${name("rows").replaceAll("%", "%%")} AS r`)}, coalesce(what, 'u'));
    RETURN;
  END IF;
  -- Nobody has looked at them yet.
  ANALYZE ${name("rows")} (event, ${oldKey}, ${newKey});
  CREATE TABLE ${name("busy")} AS
    SELECT ${oldKey} FROM (
        SELECT ${oldKey} FROM ${name("rows")} WHERE event <> 'i'
      UNION ALL
        SELECT ${newKey} FROM ${name("rows")}
          WHERE event = 'i' OR event = 'u' AND (${oldKey}) IS DISTINCT FROM (${newKey})) AS touched
    GROUP BY ${oldKey} HAVING count(*) > 1;
  ANALYZE ${name("busy")};
  CREATE TABLE ${name("net")} AS
    SELECT 0::bigint AS no, r.event AS op, ${images(columns, "r")} FROM ${name("rows")} AS r
    WHERE NOT (${busy});
  IF EXISTS (SELECT FROM ${name("busy")}) THEN
    CREATE TABLE ${name("steps")} AS SELECT r.* FROM ${name("rows")} AS r WHERE ${busy};
    PERFORM ${name("compose")}();
  END IF;
  DROP TABLE ${name("busy")};
  ANALYZE ${name("net")} (op, ${oldKey}, ${newKey});
END`)}`;
}

/**
 * The firings in their order, each as one statement over all rows that it changed.
 *
 * A statement inside of an AFTER trigger ends, and fires, before the one that fired the trigger,
 * whose changes came first. The values tell: what a change found is what the one before it left. So
 * a change is put behind what is there already, or in front of it, or stands alone; at the end, a
 * row that went and one that came under the same key are one row that changed.
 */
function composeFunction(id: ShelfId, target: Target): string {
  const { number, columns, key } = target;
  const name = (what: string) => inShelf(id, what, number);
  const both = images(columns, "e");
  const names = both.replaceAll("e.", "");
  const cells = shownCells(columns);
  // The comparison of all cells is made once for a row; OFFSET 0 keeps the planner from copying it.
  const merge = (sets: readonly string[], where: string) =>
    `UPDATE ${name("path")} AS p SET ${sets.join(",\n          ")}
        FROM (SELECT p.ctid AS place, ${behind(cells)} AS is_behind, e.*
          FROM ${name("steps")} AS e JOIN ${name("path")} AS p ON ${where}
          WHERE e.firing = this OFFSET 0) AS e
        WHERE p.ctid = e.place`;
  const addOthers = (op: string, where: string) =>
    `INSERT INTO ${name("path")} (op, live, ${names})
      SELECT '${op}', ${op !== "d"}, ${both} FROM ${name("steps")} AS e WHERE e.firing = this
        AND NOT EXISTS (SELECT FROM ${name("path")} AS p WHERE ${where});`;
  const step = (op: string, sets: readonly string[], where: string) =>
    `WITH merged AS (
        ${merge(sets, where)})
      ${addOthers(op, where)}`;
  const found = (cellOfStep: typeof oldCell) =>
    `p.live AND ${equalKeys(key, "p", newCell, "e", cellOfStep)}`;
  return `CREATE FUNCTION ${name("compose")}() RETURNS void LANGUAGE plpgsql
  -- Planned once, for few rows and many: always by the indexes.
  SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
  AS ${dollar(`DECLARE
  this int;
  what "char";
BEGIN
  CREATE TABLE ${name("path")} AS
    SELECT 'u'::"char" AS op, true AS live, ${both} FROM ${name("steps")} AS e LIMIT 0;
  CREATE INDEX ON ${name("path")} (${key.map(({ at }) => newCell(at)).join(", ")});
  CREATE INDEX ON ${name("steps")} (firing);
  ANALYZE ${name("steps")};
  FOR this, what IN SELECT DISTINCT firing, event FROM ${name("steps")} ORDER BY firing LOOP
    IF what = 'u' THEN
      ${step("u", updateSets(cells), `${found(oldCell)} AND (${behind(cells)} OR ${before(cells)})`)}
    ELSIF what = 'i' THEN
      ${step("i", insertSets(cells), `${found(newCell)} AND p.op = 'u' AND ${made(cells)}`)}
    ELSE
      ${step("d", deleteSets(columns), `${found(oldCell)} AND ${behind(cells)}`)}
    END IF;
  END LOOP;
  INSERT INTO ${name("net")} (no, op, ${names})
    SELECT 0, CASE WHEN i.op IS NULL THEN e.op ELSE 'u' END, ${columns
      .flatMap(({ hidden }, at) => [
        `e.${oldCell(at)}`,
        ...(hidden
          ? []
          : [`CASE WHEN i.op IS NULL THEN e.${newCell(at)} ELSE i.${newCell(at)} END`]),
      ])
      .join(", ")}
    FROM ${name("path")} AS e LEFT JOIN ${name("path")} AS i
      ON e.op = 'd' AND i.op = 'i' AND ${equalKeys(key, "i", newCell, "e", oldCell)}
    WHERE e.op IN ('u', 'd') OR e.op = 'i' AND NOT EXISTS (
      SELECT FROM ${name("path")} AS d WHERE d.op = 'd' AND ${equalKeys(key, "d", oldCell, "e", newCell)});
  DROP TABLE ${name("path")}, ${name("steps")};
END`)}`;
}

interface Cell {
  o: string;
  n: string;
  /** What is there changed it; the step changed it. */
  pathChanged: string;
  stepChanged: string;
  same(left: string, right: string): string;
}

/** `p` is what is there, `e` the step. */
function shownCells(columns: readonly Column[]): Cell[] {
  return columns.flatMap((column, at) => {
    const [o, n] = [oldCell(at), newCell(at)];
    if (column.hidden) return [];
    return {
      ...{ o, n },
      pathChanged: `(p.op = 'i' OR ${differs(column, `p.${o}`, `p.${n}`)})`,
      stepChanged: `(e.event <> 'u' OR ${differs(column, `e.${o}`, `e.${n}`)})`,
      same: (left: string, right: string) => same(column, left, right),
    };
  });
}

const allOf = (cells: readonly Cell[], condition: (cell: Cell) => string) =>
  `(${cells.map((cell) => `(${condition(cell)})`).join(" AND ")})`;

const changedByBoth = ({ pathChanged, stepChanged }: Cell) => `${pathChanged} AND ${stepChanged}`;

/** The step found what is there. */
const behind = (cells: readonly Cell[]) =>
  allOf(
    cells,
    (cell) => `NOT (${changedByBoth(cell)}) OR ${cell.same(`e.${cell.o}`, `p.${cell.n}`)}`,
  );

/** What is there found what the step had left. */
const before = (cells: readonly Cell[]) =>
  `(p.op = 'u' AND ${allOf(
    cells,
    (cell) => `NOT (${changedByBoth(cell)}) OR ${cell.same(`e.${cell.n}`, `p.${cell.o}`)}`,
  )})`;

/** The same, of a row that the step inserted: an AFTER INSERT trigger changed it. */
const made = (cells: readonly Cell[]) =>
  allOf(cells, (cell) => `NOT ${cell.pathChanged} OR ${cell.same(`e.${cell.n}`, `p.${cell.o}`)}`);

function updateSets(cells: readonly Cell[]): string[] {
  return cells.flatMap(({ o, n, pathChanged, stepChanged }) => [
    `${o} = CASE WHEN NOT ${stepChanged} OR p.op = 'i' OR ${pathChanged} AND e.is_behind THEN p.${o} ELSE e.${o} END`,
    `${n} = CASE WHEN NOT ${stepChanged} OR ${pathChanged} AND NOT e.is_behind THEN p.${n} ELSE e.${n} END`,
  ]);
}

function insertSets(cells: readonly Cell[]): string[] {
  return [
    `op = 'i'`,
    ...cells.flatMap(({ o, n, pathChanged }) => [
      `${o} = NULL`,
      `${n} = CASE WHEN ${pathChanged} THEN p.${n} ELSE e.${n} END`,
    ]),
  ];
}

/** Of a row that the migration inserted itself, nothing is left. */
function deleteSets(columns: readonly Column[]): string[] {
  return [
    `op = CASE p.op WHEN 'u' THEN 'd'::"char" ELSE 'x'::"char" END`,
    "live = false",
    ...shownCells(columns).map(
      ({ o, pathChanged }) => `${o} = CASE WHEN ${pathChanged} THEN p.${o} ELSE e.${o} END`,
    ),
    ...columns.flatMap(({ hidden }, at) => (hidden ? [`${oldCell(at)} = e.${oldCell(at)}`] : [])),
  ];
}

/** Turns the view into a table if it is one, and numbers the rows, those of one `op` in a row. */
function numberFunction(id: ShelfId, { number, columns, key }: Target): string {
  const net = inShelf(id, "net", number);
  const numbered = inShelf(id, "numbered", number);
  const order = key.flatMap(({ at }) => [`r.${oldCell(at)}`, `r.${newCell(at)}`]).join(", ");
  return `CREATE FUNCTION ${inShelf(id, "number", number)}() RETURNS void LANGUAGE plpgsql
  SET jit = off SET work_mem = '64MB' AS ${dollar(`DECLARE
  kind "char" := (SELECT relkind FROM pg_catalog.pg_class WHERE oid = ${literal(net)}::regclass);
BEGIN
  IF kind = 'r' AND EXISTS (SELECT FROM ${net} WHERE no > 0) THEN RETURN; END IF;
  CREATE TABLE ${numbered} AS
    SELECT row_number() OVER (ORDER BY r.op, ${order}) AS no, r.op, ${images(columns, "r")} FROM ${net} AS r;
  IF kind = 'v' THEN DROP VIEW ${net}; ELSE DROP TABLE ${net}; END IF;
  ALTER TABLE ${numbered} RENAME TO ${shelfName(id, "net", number)};
  CREATE INDEX ON ${net} (no);
  ANALYZE ${net};
END`)}`;
}
