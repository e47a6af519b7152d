// Owns: the way back for a table in which nothing tells the rows apart. Rows that are alike in every
// column are interchangeable, so a row is found by all that is in it: of those alike, as many go back
// as the migration changed. Changes are taken back one firing after the other, the last one first.
// What is not found any more, somebody has changed or deleted since: it stays, and is a conflict. What
// was done to the same row before that is not looked for either: one that looks like it is another's.
//
// The functions are those of merge.ts; `update` does it all.

import { literal, quote } from "../names.ts";
import type { ShelfId } from "../shelf-names.ts";
import { newCell, oldCell, restored, stored } from "./cells.ts";
import { conflictInsert, rowJson } from "./conflicts.ts";
import { createFunction, hiddenImages, refusing } from "./merge.ts";
import { images } from "./net.ts";
import { dollar, inShelf } from "./shelf.ts";
import { nameOf, type Target, visible } from "./targets.ts";

export const isKeyless = ({ key }: Pick<Target, "key">) => key.length === 0;

/** Creates `prepare_<n>`, `update_<n>` and `refuse_<n>`, and the others, which have nothing to do. */
export function keylessFunctions(id: ShelfId, target: Target): string[] {
  const name = (what: string) => inShelf(id, what, target.number);
  return [
    prepareFunction(id, target),
    `CREATE FUNCTION ${name("number")}() RETURNS void LANGUAGE sql AS ''`,
    replayFunction(id, target),
    createFunction(name("insert"), "lo bigint, hi bigint", "BEGIN END"),
    createFunction(name("delete"), "lo bigint, hi bigint, final boolean", "BEGIN END"),
    refuseFunction(id, target),
  ];
}

/** `op` is one word for all, so that ranges of numbers are ranges of this order. */
function prepareFunction(id: ShelfId, { number, columns }: Target): string {
  const net = inShelf(id, "net", number);
  return `CREATE FUNCTION ${inShelf(id, "prepare", number)}() RETURNS void LANGUAGE plpgsql AS ${dollar(`BEGIN
  CREATE TABLE ${net} AS
    SELECT row_number() OVER (ORDER BY r.firing DESC) AS no, 'u'::"char" AS op, r.firing, r.event, ${images(columns, "r")}
    FROM ${inShelf(id, "rows", number)} AS r;
  CREATE INDEX ON ${net} (no);
  ANALYZE ${net};
END`)}`;
}

/** All that a row shows, as one text that is the same for the same bytes. */
export const textOf = (cells: readonly string[]) =>
  `CAST(ROW(${cells.join(", ")}) AS pg_catalog.text) COLLATE pg_catalog."C"`;

function replayFunction(id: ShelfId, target: Target): string {
  const name = (what: string) => inShelf(id, what, target.number);
  const cells = visible(target);
  const after = textOf(cells.map(({ at }) => `i.${newCell(at)}`));
  const now = textOf(cells.map(({ column }) => stored(column, "t")));
  const numbered = (text: string) =>
    `row_number() OVER (PARTITION BY ${text}) AS nth, ${text} AS txt`;
  const names = cells.map(nameOf).join(", ");
  const values = cells.map(({ column, at }) => restored(column, `i.${oldCell(at)}`)).join(", ");
  const sets = cells
    .filter(({ column }) => !column.always)
    .map(({ column, at }) => `${quote(column.name)} = ${restored(column, `i.${oldCell(at)}`)}`);
  const these = "i.firing = this AND i.no BETWEEN lo AND hi";
  const conflicts = conflictInsert(
    id,
    target,
    `${rowJson(target, ({ at }) => `i.${newCell(at)}`)}, NULL, ${rowJson(target, ({ at }) => `i.${newCell(at)}`)},
       CASE WHEN i.event = 'u' THEN ${rowJson(target, ({ at }) => `i.${oldCell(at)}`)} END, NULL, 'changed since'
     FROM ${name("net")} AS i WHERE i.firing = $1 AND i.no BETWEEN $2 AND $3
       AND NOT EXISTS (SELECT FROM ${name("pairs")} AS p WHERE p.no = i.no)`,
  );
  // As the later change had found them; told earlier in this transaction, by this merge or another.
  const missed = `WITH told AS (SELECT theirs, count(*) AS times FROM belay.conflict
      WHERE transaction = pg_current_xact_id_if_assigned() AND target = ${literal(target.shown)} GROUP BY theirs)
    DELETE FROM ${name("pairs")} WHERE no IN (SELECT i.no
      FROM (SELECT i.no, i.image, row_number() OVER (PARTITION BY i.image ORDER BY i.no) AS nth
        FROM (SELECT i.no, ${rowJson(target, ({ at }) => `i.${newCell(at)}`)} AS image FROM ${name("net")} AS i
          WHERE i.firing = $1 AND i.no BETWEEN $2 AND $3 AND EXISTS (SELECT FROM told)) AS i) AS i
      JOIN told ON told.theirs = i.image AND i.nth <= told.times)`;
  return createFunction(
    name("update"),
    "lo bigint, hi bigint",
    `DECLARE
  this int;
  what "char";
  names text := ${literal(names)};
  vals text := ${literal(values)};
  ${hiddenImages(target).declare}
BEGIN
  ${hiddenImages(target).add}
  FOR this, what IN SELECT DISTINCT firing, event FROM ${name("net")} WHERE no BETWEEN lo AND hi ORDER BY firing DESC LOOP
    IF what = 'd' THEN
      EXECUTE 'INSERT INTO ' || ${literal(target.sql)} || ' (' || names || ') OVERRIDING SYSTEM VALUE SELECT ' || vals
        || ' FROM ' || ${literal(name("net"))} || ' AS i WHERE i.firing = $1 AND i.no BETWEEN $2 AND $3' USING this, lo, hi;
      CONTINUE;
    END IF;
    CREATE TABLE ${name("pairs")} AS SELECT i.no, t.place
      FROM (SELECT i.no, ${numbered(after)} FROM ${name("net")} AS i WHERE ${these}) AS i
        JOIN (SELECT t.ctid AS place, ${numbered(now)} FROM ${target.rows} AS t) AS t USING (txt, nth);
    IF to_regclass('belay.conflict') IS NOT NULL THEN
      EXECUTE ${literal(missed)} USING this, lo, hi;
    END IF;
    IF what = 'i' THEN
      DELETE FROM ${target.rows} AS t USING ${name("pairs")} AS p WHERE t.ctid = p.place;
    ${
      sets.length === 0
        ? ""
        : `ELSE
      UPDATE ${target.rows} AS t SET ${sets.join(", ")} FROM ${name("pairs")} AS p
        JOIN ${name("net")} AS i ON i.no = p.no WHERE t.ctid = p.place;`
    }
    END IF;
    IF to_regclass('belay.conflict') IS NOT NULL THEN
      EXECUTE ${literal(conflicts)} USING this, lo, hi;
    END IF;
    DROP TABLE ${name("pairs")};
  END LOOP;
END`,
  );
}

function refuseFunction(id: ShelfId, target: Target): string {
  const image = (which: typeof oldCell) => rowJson(target, ({ at }) => `i.${which(at)}`);
  const conflicts = conflictInsert(
    id,
    target,
    `CASE WHEN i.event = 'd' THEN ${image(oldCell)} ELSE ${image(newCell)} END, NULL,
       CASE WHEN i.event <> 'd' THEN ${image(newCell)} END,
       CASE WHEN i.event <> 'i' THEN ${image(oldCell)} END, NULL, $2
     FROM ${inShelf(id, "net", target.number)} AS i WHERE i.no = $1`,
  );
  return refusing(id, target, conflicts);
}
