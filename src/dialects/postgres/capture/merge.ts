// Owns: the three ways back for the net changes of one table, as functions over a range of `net`:
// changed rows are merged per cell, deleted ones inserted, inserted ones deleted. Where the
// application wrote since, that is a conflict, and recorded; unless the policy is to restore, what it
// wrote is never written over.
//
// base = the migration's image, theirs = the image before it, ours = the row now. A cell that the
// migration changed goes back where ours is base still; where it is theirs already there is nothing
// to do; else it is a conflict. Cells that the migration did not change are not touched.

import { literal, quote } from "../names.ts";
import type { ShelfId } from "../shelf-names.ts";
import { differs, equalKeys, hasKey, newCell, oldCell, restored, same, stored } from "./cells.ts";
import { conflictInsert, keyJson, restores, rowJson } from "./conflicts.ts";
import { hasMerges, heedNewer, spareNewer, tellNewer, tellTaken } from "./newer.ts";
import { dollar, inShelf } from "./shelf.ts";
import { nameOf, type Target, visible } from "./targets.ts";

/** Creates `update_<n>`, `insert_<n>`, `delete_<n>`, `refuse_<n>` and `cells_<n>`. */
export function mergeFunctions(id: ShelfId, target: Target): string[] {
  return [
    updateFunction(id, target),
    insertFunction(id, target),
    deleteFunction(id, target),
    refuseFunction(id, target),
    cellsFunction(id, target),
  ];
}

/**
 * SQLSTATE classes that say something of rows, and what is said of a column that had to keep another
 * type; all others (locks, limits, rights) end the undo.
 */
export const ofData =
  "(left(SQLSTATE, 2) IN ('22', '23', '27', '44', 'P0') OR SQLSTATE IN ('42804', '42846', '42883'))";

const range = "i.no BETWEEN $1 AND $2";
export const array = (texts: readonly string[]) =>
  `ARRAY[${texts.map(literal).join(", ")}]::text[]`;

export function createFunction(
  name: string,
  parameters: string,
  body: string,
  settings = "",
): string {
  return `CREATE FUNCTION ${name}(${parameters}) RETURNS void LANGUAGE plpgsql
  SET jit = off SET work_mem = '64MB' ${settings} AS ${dollar(`#variable_conflict use_variable\n${body}`)}`;
}

/** The expressions of cells, by visible column, over `t` (the row now) and `i` (its net change). */
export function cellsOf(target: Target) {
  return visible(target).map((cell) => {
    const { column, at } = cell;
    const [o, n] = [`i.${oldCell(at)}`, `i.${newCell(at)}`];
    const now = stored(column, "t");
    return {
      ...{ name: column.name, o, n, now },
      changed: differs(column, o, n),
      // No UPDATE may write it, so it cannot go back.
      isBase: column.always ? "false" : same(column, now, n),
      isTheirs: same(column, now, o),
      set: column.always ? undefined : quote(column.name),
      value: restored(column, o),
    };
  });
}

/**
 * An aggregate. Of most columns most cells are not kept, which is seen before anything is compared.
 * (IS NOT NULL would be false of a composite value with a field that is NULL.)
 */
function anyChange({ changed, o, n }: { changed: string; o: string; n: string }): string {
  const isKept = `${o} IS DISTINCT FROM NULL OR ${n} IS DISTINCT FROM NULL`;
  return `coalesce(bool_or(${changed}) FILTER (WHERE ${isKept}), false)`;
}

function updateFunction(id: ShelfId, target: Target): string {
  const cells = cellsOf(target);
  const net = inShelf(id, "net", target.number);
  const found = hasKey(target.key, "t", "i", newCell);
  const keyPlaces = target.key.map(
    ({ at }) => visible(target).findIndex((cell) => cell.at === at) + 1,
  );
  const keys = target.key.map(({ at }) => `i.${newCell(at)}`).join(", ");
  // Other types may have no order but one that the key's index names.
  const hasOrder = target.key.every(({ column }) => column.exact || column.scaled);
  const isNext = hasOrder ? `place = row_number() OVER (ORDER BY ${keys})` : "false";
  const jsons = cells.map(
    ({ name, o, n, now }) =>
      `(${literal(name)}, pg_catalog.to_jsonb(${n}), pg_catalog.to_jsonb(${o}), pg_catalog.to_jsonb(${now}), `,
  );
  const conflicts = conflictInsert(
    id,
    target,
    `${keyJson(target, "i", newCell)}, c.names, c.base, c.theirs,
       CASE WHEN t.tableoid IS NOT NULL THEN c.ours END,
       CASE WHEN t.tableoid IS NULL THEN 'deleted since' ELSE 'changed since' END
     FROM ${net} AS i LEFT JOIN ${target.rows} AS t ON ${found}
       CROSS JOIN LATERAL (SELECT array_agg(v.name ORDER BY v.name) AS names,
         jsonb_object_agg(v.name, v.base) AS base, jsonb_object_agg(v.name, v.theirs) AS theirs,
         jsonb_object_agg(v.name, v.ours) AS ours
       FROM (VALUES `,
    // A key with a conflict stays where it is.
    `t.tableoid IS NOT NULL AND NOT c.names && ${array(target.key.map(({ column }) => column.name))}`,
  );
  return createFunction(
    inShelf(id, "update", target.number),
    "lo bigint, hi bigint, cell int DEFAULT NULL",
    `DECLARE
  referrer record;
  touched boolean[];
  in_order boolean;
  plain text[] := ${array(cells.map(({ name }) => name))};
  changed text[] := ${array(cells.map((cell) => cell.changed))};
  any_changes text[] := ${array(cells.map(anyChange))};
  is_base text[] := ${array(cells.map((cell) => cell.isBase))};
  is_theirs text[] := ${array(cells.map((cell) => cell.isTheirs))};
  names text[] := ARRAY[${cells.map(({ set }) => (set === undefined ? "NULL" : literal(set))).join(", ")}]::text[];
  vals text[] := ${array(cells.map((cell) => cell.value))};
  jsons text[] := ${array(jsons)};
  any_changed text;
  clean text;
  sets text;
  rest text;
  wanted bigint;
  done bigint;
  left_over bigint[];
  any_newer boolean;
BEGIN
  -- Which columns the migration changed in any row: the statements below name only those. A look at
  -- the first rows tells most of it, and saves comparing those columns over and over.
  EXECUTE 'SELECT ARRAY[' || (SELECT string_agg(c, ', ') FROM unnest(any_changes) AS c)
    || '], bool_and(i.is_next) FROM (SELECT *, ${isNext} AS is_next
      FROM (SELECT *, row_number() OVER () AS place FROM ' || ${literal(net)}
    || ' AS i WHERE i.op = ''u'' AND ${range} LIMIT 1000) AS i) AS i'
    INTO touched, in_order USING lo, hi;
  EXECUTE 'SELECT ARRAY[' || (SELECT string_agg(CASE WHEN touched[k] THEN 'true' ELSE any_changes[k] END, ', ' ORDER BY k)
      FROM generate_subscripts(touched, 1) AS k)
    || '], count(*) FILTER (WHERE ' || (SELECT string_agg('(' || changed[k] || ')', ' OR ' ORDER BY touched[k] DESC, k)
      FROM generate_subscripts(touched, 1) AS k)
    || ') FROM ' || ${literal(net)} || ' AS i WHERE i.op = ''u'' AND ${range}'
    INTO touched, wanted USING lo, hi;
  FOR k IN 1 .. cardinality(touched) LOOP
    touched[k] := touched[k] AND k = coalesce(cell, k);
  END LOOP;
  IF wanted = 0 OR true <> ALL (touched) THEN RETURN; END IF;
  ${guardKeys(id, target)}
  ${heedNewer(id, target)}
  ${tellNewer(id, target, range)}
  SELECT string_agg('(' || changed[k] || ')', ' OR '),
    CASE WHEN count(*) = 1 THEN min(is_base[k])
      ELSE string_agg('(NOT (' || changed[k] || ') OR (' || is_base[k] || '))', ' AND ') END,
    string_agg('(NOT (' || changed[k] || ') OR (' || is_theirs[k] || '))', ' AND ')
    INTO any_changed, clean, rest FROM generate_subscripts(touched, 1) AS k WHERE touched[k];
  -- With one column, rows that it did not change are left out by any_changed.
  SELECT string_agg(names[k] || ' = ' || CASE WHEN one THEN vals[k] ELSE
      'CASE WHEN (' || changed[k] || ') AND (' || is_base[k] || ') THEN ' || vals[k] || ' ELSE t.' || names[k] || ' END'
      END, ', ')
    INTO sets
    FROM (SELECT k, count(*) OVER () = 1 AS one FROM generate_subscripts(touched, 1) AS k WHERE touched[k]) AS s
    WHERE names[k] IS NOT NULL;
  IF ${keyPlaces.map((place) => `touched[${place}]`).join(" OR ")} THEN
    -- Rows move to other keys, under which others stand now: look before anything moves.
    PERFORM ${inShelf(id, "number", target.number)}();
    EXECUTE 'SELECT array_agg(i.no) FROM ' || ${literal(net)} || ' AS i LEFT JOIN ' || ${literal(target.rows)}
      || ' AS t ON ' || ${literal(found)} || ' WHERE i.op = ''u'' AND ${range} AND ('
      || any_changed || ') AND (' || clean || ') IS NOT TRUE'
      INTO left_over USING lo, hi;
    rest := 'i.no = ANY ($3)';
  ELSE
    rest := '(t.tableoid IS NULL OR NOT (' || rest || '))';
  END IF;
  IF sets IS NOT NULL THEN
    -- The server does not know that there is little to sort. Measured: 0.93 x the time of a hash join.
    IF in_order THEN PERFORM set_config('enable_hashjoin', 'off', true); END IF;
    EXECUTE 'UPDATE ' || ${literal(target.rows)} || ' AS t SET ' || sets || ' FROM ' || ${literal(net)}
      || ' AS i WHERE i.op = ''u'' AND ${range} AND ' || ${literal(found)}
      || ' AND (' || any_changed || ') AND (' || clean || ')' USING lo, hi;
    GET DIAGNOSTICS done = ROW_COUNT;
    PERFORM set_config('enable_hashjoin', 'on', true);
    IF done = wanted THEN RETURN; END IF;
  END IF;
  IF to_regclass('belay.conflict') IS NOT NULL THEN
    EXECUTE ${literal(conflicts)}
      || (SELECT string_agg(jsons[k] || '(' || changed[k] || ') AND (t.tableoid IS NULL OR NOT ('
            || is_base[k] || ') AND NOT (' || is_theirs[k] || ')))', ', ')
          FROM generate_subscripts(touched, 1) AS k WHERE touched[k])
      || ') AS v(name, base, theirs, ours, conflict) WHERE v.conflict) AS c
      WHERE i.op = ''u'' AND ${range} AND (' || any_changed || ') AND ' || rest || ' AND c.names IS NOT NULL'
      USING lo, hi, left_over;
  END IF;
  IF ${restores} THEN
    -- A key goes back only where nobody's reference is lost by it.
    SELECT string_agg('(' || changed[k] || ')', ' OR '),
      string_agg(names[k] || ' = CASE WHEN (' || changed[k] || ')' || CASE WHEN k = ANY ('{${keyPlaces.join(",")}}'::int[])
        THEN ' AND (' || is_base[k] || ')' ELSE '' END || ' THEN ' || vals[k] || ' ELSE t.' || names[k] || ' END', ', ')
        FILTER (WHERE names[k] IS NOT NULL)
      INTO clean, sets FROM generate_subscripts(touched, 1) AS k WHERE touched[k];
  ELSE
    -- The other cells of rows with a conflict, or that the application set back itself in part.
    SELECT string_agg('(' || changed[k] || ') AND (' || is_base[k] || ')', ' OR ')
      INTO clean FROM generate_subscripts(touched, 1) AS k WHERE touched[k];
  END IF;
  IF sets IS NOT NULL THEN
    EXECUTE 'UPDATE ' || ${literal(target.rows)} || ' AS t SET ' || sets || ' FROM ' || ${literal(net)}
      || ' AS i WHERE i.op = ''u'' AND ${range} AND ' || ${literal(found)}
      || ' AND ' || rest || ' AND (' || clean || ')' USING lo, hi, left_over;
  END IF;
END`,
    // What is set within ends with the function.
    "SET enable_hashjoin = on",
  );
}

/**
 * A key that rows of others point at may go back only where that cascades to them or is refused;
 * ON UPDATE SET NULL and SET DEFAULT would write over their references.
 */
function guardKeys(id: ShelfId, target: Target): string {
  return `FOR referrer IN
    SELECT r.* FROM ${inShelf(id, "references")}(${literal(target.sql)}) AS r WHERE r.on_update IN ('n', 'd')
  LOOP
    FOR k IN 1 .. cardinality(touched) LOOP
      IF touched[k] AND plain[k] = ANY (referrer.referenced) THEN
        is_base[k] := '(' || is_base[k] || ') AND NOT EXISTS (' || referrer.query || ')';
      END IF;
    END LOOP;
  END LOOP;`;
}

/** For an INSERT with the variables `names` and `vals`: the cells of columns that are hidden. */
export function hiddenImages({ columns, sql }: Target): { declare: string; add: string } {
  const hidden = columns
    .map((column, at) => ({ column, at }))
    .filter(({ column }) => column.hidden);
  return {
    declare: `hidden text[] := ${array(hidden.map(({ column }) => column.name))};
  images text[] := ${array(hidden.map(({ column, at }) => restored(column, `i.${oldCell(at)}`)))};`,
    add: `-- What was hidden then may have been dropped for good since.
  FOR k IN 1 .. cardinality(hidden) LOOP
    IF EXISTS (SELECT FROM pg_catalog.pg_attribute WHERE attrelid = ${literal(sql)}::regclass
        AND attname = hidden[k] AND NOT attisdropped) THEN
      names := names || ', ' || quote_ident(hidden[k]);
      vals := vals || ', ' || images[k];
    END IF;
  END LOOP;`,
  };
}

function insertFunction(id: ShelfId, target: Target): string {
  const net = inShelf(id, "net", target.number);
  const cells = visible(target);
  const hidden = hiddenImages(target);
  const names = cells.map(nameOf).join(", ");
  const values = cells.map(({ column, at }) => restored(column, `i.${oldCell(at)}`)).join(", ");
  const found = hasKey(target.key, "t", "i", oldCell);
  const back = cellsOf(target)
    .map(({ isTheirs }) => `(${isTheirs})`)
    .join(" AND ");
  const there = "t.tableoid IS NOT NULL";
  const conflicts = conflictInsert(
    id,
    target,
    `${keyJson(target, "i", oldCell)}, NULL, NULL, ${rowJson(target, ({ at }) => `i.${oldCell(at)}`)},
       CASE WHEN ${there} THEN ${rowJson(target, ({ column }) => stored(column, "t"))} END,
       CASE WHEN ${there} THEN 'key taken' ELSE 'unique value taken' END
     FROM ${net} AS i LEFT JOIN ${target.rows} AS t ON ${found}
     WHERE i.op = 'd' AND ${range} AND (${back}) IS NOT TRUE`,
    there,
  );
  const keyPlaces = new Set(target.key.map(({ at }) => at));
  const sets = cells
    .filter(({ column, at }) => !column.always && !keyPlaces.has(at))
    .map((cell) => `${nameOf(cell)} = ${restored(cell.column, `i.${oldCell(cell.at)}`)}`);
  return createFunction(
    inShelf(id, "insert", target.number),
    "lo bigint, hi bigint",
    `DECLARE
  names text := ${literal(names)};
  vals text := ${literal(values)};
  ${hidden.declare}
  missing text;
  wanted bigint;
  done bigint;
BEGIN
  SELECT count(*) INTO wanted FROM ${net} AS i WHERE i.op = 'd' AND i.no BETWEEN lo AND hi;
  IF wanted = 0 THEN RETURN; END IF;
  ${hidden.add}
  missing := 'INSERT INTO ' || ${literal(target.sql)} || ' (' || names || ') OVERRIDING SYSTEM VALUE SELECT ' || vals
    || ' FROM ' || ${literal(net)} || ' AS i WHERE i.op = ''d'' AND ${range} ON CONFLICT DO NOTHING';
  BEGIN
    EXECUTE missing USING lo, hi;
    GET DIAGNOSTICS done = ROW_COUNT;
    IF done < wanted AND NOT ${restores} AND ${hasMerges} THEN RAISE EXCEPTION USING ERRCODE = 'BELAY'; END IF;
  EXCEPTION WHEN SQLSTATE 'BELAY' THEN
    -- Seldom: what others have written can be told from what came back only while that is not there.
    ${tellTaken(id, target)}
    EXECUTE missing USING lo, hi;
    GET DIAGNOSTICS done = ROW_COUNT;
  END;
  IF done < wanted AND to_regclass('belay.conflict') IS NOT NULL THEN
    EXECUTE ${literal(conflicts)} USING lo, hi;
  END IF;
${
  sets.length === 0
    ? ""
    : `
  IF done < wanted AND ${restores} THEN
    UPDATE ${target.rows} AS t SET ${sets.join(", ")} FROM ${net} AS i
      WHERE i.op = 'd' AND i.no BETWEEN lo AND hi AND ${found};
  END IF;`
}
END`,
  );
}

/**
 * Deletes rows that nobody changed and nobody refers to; a row that refers to one that stays (of
 * itself: a tree) does not hold it back. With `final`, what is still there is a conflict.
 */
function deleteFunction(id: ShelfId, target: Target): string {
  const net = inShelf(id, "net", target.number);
  const doomed = inShelf(id, "doomed", target.number);
  const found = hasKey(target.key, "t", "i", newCell);
  const unchanged = visible(target)
    .map(({ column, at }) => `(${same(column, stored(column, "t"), `i.${newCell(at)}`)})`)
    .join(" AND ");
  const keys = target.key.map(({ at }) => newCell(at));
  const conflicts = conflictInsert(
    id,
    target,
    `${keyJson(target, "i", newCell)}, NULL, ${rowJson(target, ({ at }) => `i.${newCell(at)}`)}, NULL,
       ${rowJson(target, ({ column }) => stored(column, "t"))},
       CASE WHEN ${unchanged} THEN 'referenced, or written since' ELSE 'changed since' END
     FROM ${net} AS i JOIN ${target.rows} AS t ON ${found} WHERE i.op = 'i' AND ${range}`,
    `EXISTS (SELECT FROM ${doomed} AS d WHERE ${equalKeys(target.key, "d", newCell, "i", newCell)})`,
  );
  return createFunction(
    inShelf(id, "delete", target.number),
    "lo bigint, hi bigint, final boolean",
    `DECLARE
  referrer record;
  held bigint;
  kept bigint;
BEGIN
  IF NOT EXISTS (SELECT FROM ${net} AS i WHERE i.op = 'i' AND i.no BETWEEN lo AND hi) THEN RETURN; END IF;
  CREATE TABLE ${doomed} AS SELECT ${keys.map((cell) => `i.${cell}`).join(", ")}
    FROM ${net} AS i JOIN ${target.rows} AS t ON ${found}
    WHERE i.op = 'i' AND i.no BETWEEN lo AND hi AND (${restores} AND final OR ${unchanged});
  ANALYZE ${doomed};
  IF NOT (${restores} AND final) THEN
    ${spareNewer(target, doomed)}
  END IF;
  LOOP
    held := 0;
    FOR referrer IN SELECT * FROM ${inShelf(id, "references")}(${literal(target.sql)}) LOOP
      EXECUTE 'DELETE FROM ' || ${literal(doomed)} || ' AS i USING ' || ${literal(target.rows)} || ' AS t WHERE '
        || ${literal(found)} || ' AND EXISTS (' || referrer.query
        || CASE WHEN referrer.own THEN ' AND NOT EXISTS (SELECT FROM ' || ${literal(doomed)} || ' AS d WHERE '
             || ${literal(hasKey(target.key, "r", "d", newCell))} || ')' ELSE '' END || ')';
      GET DIAGNOSTICS kept = ROW_COUNT;
      IF referrer.own THEN held := held + kept; END IF;
    END LOOP;
    EXIT WHEN held = 0;
  END LOOP;
  IF final AND to_regclass('belay.conflict') IS NOT NULL THEN
    EXECUTE ${literal(`${conflicts} AND NOT (${unchanged} AND EXISTS (SELECT FROM ${doomed} AS d WHERE ${equalKeys(target.key, "d", newCell, "i", newCell)}))`)} USING lo, hi;
  END IF;
  EXECUTE 'DELETE FROM ' || ${literal(target.rows)} || ' AS t USING ' || ${literal(doomed)} || ' AS i WHERE ' || ${literal(found)};
  DROP TABLE ${doomed};
  -- Under their keys others may come back, which a later call must not take for them. (A view has
  -- inserted rows only: nothing comes back.)
  IF NOT final AND (SELECT relkind = 'r' FROM pg_catalog.pg_class WHERE oid = ${literal(net)}::regclass) THEN
    DELETE FROM ${net} AS i WHERE i.op = 'i' AND i.no BETWEEN lo AND hi
      AND NOT EXISTS (SELECT FROM ${target.rows} AS t WHERE ${found});
  END IF;
END`,
  );
}

/** One row that the server would not let back. */
function refuseFunction(id: ShelfId, target: Target): string {
  const net = inShelf(id, "net", target.number);
  const key = `CASE WHEN i.op = 'd' THEN ${keyJson(target, "i", oldCell)} ELSE ${keyJson(target, "i", newCell)} END`;
  const conflicts = conflictInsert(
    id,
    target,
    `${key}, $3,
       CASE WHEN i.op <> 'd' THEN ${rowJson(target, ({ at }) => `i.${newCell(at)}`)} END,
       CASE WHEN i.op <> 'i' THEN ${rowJson(target, ({ at }) => `i.${oldCell(at)}`)} END,
       CASE WHEN t.tableoid IS NOT NULL THEN ${rowJson(target, ({ column }) => stored(column, "t"))} END, $2
     FROM ${net} AS i LEFT JOIN ${target.rows} AS t
       ON i.op = 'd' AND ${hasKey(target.key, "t", "i", oldCell)} OR i.op <> 'd' AND ${hasKey(target.key, "t", "i", newCell)}
     WHERE i.no = $1`,
  );
  return refusing(id, target, conflicts);
}

/**
 * A changed row that is refused as a whole: of its cells, those go back that are not refused alone.
 * One that nobody wrote since would otherwise be left between two statements of the migration.
 */
function cellsFunction(id: ShelfId, target: Target): string {
  const names = visible(target).map(({ column }) => column.name);
  return createFunction(
    inShelf(id, "cells", target.number),
    "which bigint",
    `DECLARE
  names text[] := ${array(names)};
  refused text[] := '{}';
  reason text;
BEGIN
  FOR k IN 1 .. cardinality(names) LOOP
    BEGIN
      PERFORM ${inShelf(id, "update", target.number)}(which, which, k);
    EXCEPTION WHEN OTHERS THEN
      IF NOT ${ofData} THEN RAISE; END IF;
      refused := refused || names[k];
      reason := SQLERRM;
    END;
  END LOOP;
  IF cardinality(refused) > 0 THEN
    PERFORM ${inShelf(id, "refuse", target.number)}(which, reason, refused);
  END IF;
END`,
  );
}

/** `conflicts`: as INSERT, of the row `$1` for the reason `$2`, in the columns `$3` or the whole row. */
export function refusing(id: ShelfId, { number }: Target, conflicts: string): string {
  return createFunction(
    inShelf(id, "refuse", number),
    "which bigint, why text, columns text[] DEFAULT NULL",
    `BEGIN
  IF to_regclass('belay.conflict') IS NOT NULL THEN
    EXECUTE ${literal(conflicts)} USING which, why, columns;
  END IF;
END`,
  );
}
