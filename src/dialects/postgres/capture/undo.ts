// Owns: the undo of captured rows as SQL: locks, users' triggers off and on again, all tables merged
// in an order that foreign keys allow, and row by row what the server refuses as a whole.
//
// Constraints hold at every moment, so the undo never leaves a row that breaks one. First all tables
// are merged with one statement for each, deferrable constraints deferred. If the server refuses
// that, it is taken back, and ranges of rows are halved until those stand alone that are refused;
// they are tried again as long as others succeed, for a parent may come back after its child was
// tried. What is refused at last is a conflict. Only errors of data are handled so.

import { literal } from "../names.ts";
import type { ShelfId } from "../shelf-names.ts";
import { turnOff, usersTriggers } from "../users-triggers.ts";
import { isKeyless, keylessFunctions } from "./keyless.ts";
import { mergeFunctions, ofData } from "./merge.ts";
import { netFunctions } from "./net.ts";
import { doBlock, dollar, inShelf } from "./shelf.ts";
import type { Target } from "./targets.ts";

export function undoCapture(id: ShelfId, targets: readonly Target[]): string[] {
  return [
    `LOCK TABLE ${targets.map(({ rows }) => rows).join(", ")} IN SHARE ROW EXCLUSIVE MODE`,
    referencesFunction(id),
    triggersFunction(id, targets),
    piecesFunction(id),
    ...targets.flatMap((target) =>
      isKeyless(target)
        ? keylessFunctions(id, target)
        : [...netFunctions(id, target), ...mergeFunctions(id, target)],
    ),
    piecemealFunction(id, targets),
    doBlock(driver(id, targets)),
  ];
}

/** The foreign keys that point at a table: `query` finds the rows `r` that refer to the row `t`. */
function referencesFunction(id: ShelfId): string {
  return `CREATE FUNCTION ${inShelf(id, "references")}(target regclass)
  RETURNS TABLE (referrer regclass, own boolean, referenced text[], on_update "char", on_delete "char", query text)
  LANGUAGE sql STABLE AS ${dollar(`
  WITH family AS (SELECT relid::oid AS oid FROM pg_catalog.pg_partition_tree(target)
    UNION SELECT target::oid)
  SELECT c.conrelid::regclass, c.conrelid IN (SELECT oid FROM family),
    array_agg(p.attname::text), c.confupdtype, c.confdeltype,
    format('SELECT FROM %s %I.%I AS r WHERE ', CASE WHEN k.relkind = 'p' THEN '' ELSE 'ONLY' END, n.nspname, k.relname)
      || string_agg(format('t.%I OPERATOR(%I.%s) r.%I', p.attname, os.nspname, o.oprname, f.attname), ' AND ')
  FROM pg_catalog.pg_constraint c
    JOIN pg_catalog.pg_class k ON k.oid = c.conrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = k.relnamespace
    CROSS JOIN unnest(c.conkey, c.confkey, c.conpfeqop) AS part(own, referenced, operator)
    JOIN pg_catalog.pg_attribute f ON f.attrelid = c.conrelid AND f.attnum = part.own
    JOIN pg_catalog.pg_attribute p ON p.attrelid = c.confrelid AND p.attnum = part.referenced
    JOIN pg_catalog.pg_operator o ON o.oid = part.operator
    JOIN pg_catalog.pg_namespace os ON os.oid = o.oprnamespace
  -- Those of partitions are copies of their parent's.
  WHERE c.contype = 'f' AND c.confrelid IN (SELECT oid FROM family) AND c.conparentid = 0
  GROUP BY c.oid, c.conrelid, c.confupdtype, c.confdeltype, k.relkind, n.nspname, k.relname`)}`;
}

/**
 * Turns off the users' triggers that the undo would fire, with `held` empty; else back to what they
 * were. Not session_replication_role: few roles may set it, and it would turn the foreign keys off
 * too. ALTER TABLE needs no lock beyond the one that the undo has anyway.
 */
function triggersFunction(id: ShelfId, targets: readonly Target[]): string {
  const roots = targets.map(({ sql }) => `${literal(sql)}::regclass::oid`).join(", ");
  return `CREATE FUNCTION ${inShelf(id, "triggers")}(held text[]) RETURNS text[] LANGUAGE plpgsql AS ${dollar(`DECLARE
  each record;
  restore text;
BEGIN
  FOREACH restore IN ARRAY held LOOP EXECUTE restore; END LOOP;
  IF cardinality(held) > 0 THEN RETURN '{}'; END IF;
  FOR each IN
    ${usersTriggers(roots, true)}
  LOOP
    ${turnOff("each", "held")}
  END LOOP;
  RETURN held;
END`)}`;
}

/**
 * Runs `call`, a function over a range of numbers, over first..last in pieces as large as succeed.
 * Returns the numbers that are refused alone, with the server's words.
 */
function piecesFunction(id: ShelfId): string {
  return `CREATE FUNCTION ${inShelf(id, "pieces")}(call text, first bigint, last bigint)
  RETURNS TABLE (refused bigint, why text) LANGUAGE plpgsql AS ${dollar(`DECLARE
  lows bigint[] := ARRAY[first];
  highs bigint[] := ARRAY[last];
  top int := 1;
  lo bigint;
  hi bigint;
BEGIN
  WHILE top > 0 AND first IS NOT NULL LOOP
    lo := lows[top];
    hi := highs[top];
    top := top - 1;
    BEGIN
      EXECUTE call USING lo, hi;
    EXCEPTION WHEN OTHERS THEN
      IF NOT ${ofData} THEN RAISE; END IF;
      IF lo = hi THEN
        refused := lo;
        why := SQLERRM;
        RETURN NEXT;
      ELSE
        lows[top + 1] := (lo + hi) / 2 + 1;
        highs[top + 1] := hi;
        lows[top + 2] := lo;
        highs[top + 2] := (lo + hi) / 2;
        top := top + 2;
      END IF;
    END;
  END LOOP;
END`)}`;
}

/** Rounds after which rows that wait for each other are given up. */
const roundsMax = 30;

function piecemealFunction(id: ShelfId, targets: readonly Target[]): string {
  const name = (what: string, { number }: Target) => inShelf(id, what, number);
  const waiting = inShelf(id, "waiting");
  const call = (what: string, target: Target, rest = "") =>
    `SELECT ${name(what, target)}($1, $2${rest})`;
  const pieces = (what: string, op: string, target: Target, rest = "") =>
    `FROM (SELECT min(no) AS lo, max(no) AS hi FROM ${name("net", target)} WHERE op = '${op}') AS r
      CROSS JOIN LATERAL ${inShelf(id, "pieces")}(${literal(call(what, target, rest))}, r.lo, r.hi) AS p`;
  const steps = targets.flatMap((target) => [
    { target, what: "update", op: "u" },
    { target, what: "insert", op: "d" },
  ]);
  const tries = steps.map(
    ({ target, what, op }, place) => `INSERT INTO ${waiting}
    SELECT ${place}, ${target.number}, ${literal(call(what, target))}, p.refused, p.why ${pieces(what, op, target)};`,
  );
  const childrenFirst = [...targets].reverse();
  const deletes = childrenFirst.map(
    (target) => `PERFORM ${pieces("delete", "i", target, ", false")};`,
  );
  const refusals = targets.flatMap((target) => {
    const refused = (what: string, which: string) =>
      `PERFORM ${name(what, target)}(${which}) FROM ${waiting} AS k WHERE k.number = ${target.number}`;
    if (isKeyless(target)) return [`${refused("refuse", "k.no, k.why")};`];
    const updates = steps.findIndex((step) => step.target === target && step.op === "u");
    return [
      `${refused("cells", "k.no")} AND k.place = ${updates};`,
      `${refused("refuse", "k.no, k.why")} AND k.place <> ${updates};`,
    ];
  });
  const finals = childrenFirst.map(
    (target) =>
      `PERFORM ${name("refuse", target)}(p.refused, p.why) ${pieces("delete", "i", target, ", true")};`,
  );
  return `CREATE FUNCTION ${inShelf(id, "piecemeal")}() RETURNS void LANGUAGE plpgsql AS ${dollar(`DECLARE
  w record;
  went_on boolean;
BEGIN
  CREATE TABLE ${waiting} (place int, number int, call text, no bigint, why text);
  ${targets.map((target) => `PERFORM ${name("number", target)}();`).join("\n  ")}
  ${[...deletes, ...tries].join("\n  ")}
  FOR round IN 1 .. ${roundsMax} LOOP
    ${deletes.join("\n    ")}
    went_on := false;
    -- To and fro: rows that each wait for the next one are done in one round in one direction.
    FOR w IN SELECT ctid, * FROM ${waiting} ORDER BY CASE round % 2 WHEN 0 THEN place ELSE -place END,
        CASE round % 2 WHEN 0 THEN no ELSE -no END
    LOOP
      BEGIN
        EXECUTE w.call USING w.no, w.no;
        DELETE FROM ${waiting} WHERE ctid = w.ctid;
        went_on := true;
      EXCEPTION WHEN OTHERS THEN
        IF NOT ${ofData} THEN RAISE; END IF;
      END;
    END LOOP;
    EXIT WHEN NOT went_on;
  END LOOP;
  ${[...refusals, ...finals].join("\n  ")}
END`)}`;
}

const everything = "0, 9223372036854775807";

function driver(id: ShelfId, targets: readonly Target[]): string {
  const name = (what: string, { number }: Target) => inShelf(id, what, number);
  const parentsFirst = targets;
  const childrenFirst = [...targets].reverse();
  const deletes = (final: boolean) =>
    childrenFirst.map((each) => `PERFORM ${name("delete", each)}(${everything}, ${final});`);
  const merges = parentsFirst.flatMap((each) => [
    `PERFORM ${name("update", each)}(${everything});`,
    `PERFORM ${name("insert", each)}(${everything});`,
  ]);
  return `DECLARE
  held text[];
  refused boolean := false;
  referrer text;
BEGIN
  ${targets.map((each) => `PERFORM ${name("prepare", each)}();`).join("\n  ")}
  -- A row that begins to refer to one that is deleted here must wait: the deletion could cascade.
  ${targets.map((each) => lockReferrers(id, each)).join("\n  ")}
  SET CONSTRAINTS ALL IMMEDIATE;
  held := ${inShelf(id, "triggers")}('{}');
  BEGIN
    SET CONSTRAINTS ALL DEFERRED;
    ${[...deletes(false), ...merges, ...deletes(true)].join("\n    ")}
    SET CONSTRAINTS ALL IMMEDIATE;
  EXCEPTION WHEN OTHERS THEN
    IF NOT ${ofData} THEN RAISE; END IF;
    refused := true;
  END;
  IF refused THEN
    SET CONSTRAINTS ALL IMMEDIATE;
    PERFORM ${inShelf(id, "piecemeal")}();
  END IF;
  PERFORM ${inShelf(id, "triggers")}(held);
END`;
}

function lockReferrers(id: ShelfId, { sql, number }: Target): string {
  return `FOR referrer IN SELECT DISTINCT r.referrer::text FROM ${inShelf(id, "references")}(${literal(sql)}) AS r
    WHERE r.on_update IN ('n', 'd') OR EXISTS (SELECT FROM ${inShelf(id, "net", number)} WHERE op = 'i') ORDER BY 1
  LOOP
    EXECUTE 'LOCK TABLE ' || referrer || ' IN SHARE MODE';
  END LOOP;`;
}

/** What {@link undoCapture} made. */
export function dropMerge(id: ShelfId, targets: readonly Target[]): string[] {
  const functions = [
    `${inShelf(id, "references")}(regclass)`,
    `${inShelf(id, "triggers")}(text[])`,
    `${inShelf(id, "pieces")}(text, bigint, bigint)`,
    `${inShelf(id, "piecemeal")}()`,
    ...targets.flatMap(({ number, ...target }) => [
      ...["prepare", "number"].map((what) => `${inShelf(id, what, number)}()`),
      ...(isKeyless(target)
        ? [`${inShelf(id, "update", number)}(bigint, bigint)`]
        : [
            `${inShelf(id, "update", number)}(bigint, bigint, int)`,
            `${inShelf(id, "compose", number)}()`,
            `${inShelf(id, "cells", number)}(bigint)`,
          ]),
      `${inShelf(id, "insert", number)}(bigint, bigint)`,
      `${inShelf(id, "delete", number)}(bigint, bigint, boolean)`,
      `${inShelf(id, "refuse", number)}(bigint, text, text[])`,
    ]),
  ];
  return [
    `DROP FUNCTION ${functions.join(", ")}`,
    `DROP TABLE IF EXISTS ${inShelf(id, "waiting")}`,
    // A view on the captured rows, or a table; a view goes with them.
    doBlock(`DECLARE
  net text;
BEGIN
  FOR net IN SELECT oid::regclass::text FROM pg_catalog.pg_class WHERE relkind = 'r' AND oid IN (${targets
    .map(({ number }) => `${literal(inShelf(id, "net", number))}::regclass`)
    .join(", ")})
  LOOP
    EXECUTE 'DROP TABLE ' || net;
  END LOOP;
END`),
  ];
}
