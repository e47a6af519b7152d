// Owns: the SQL that makes the server keep both images of every row that this session changes in
// the captured tables, and that ends it again.
//
// Statement triggers with transition tables: one INSERT for each statement, however many rows. They
// fire for statements inside of functions and triggers, for COPY, MERGE and foreign-key actions.
// Both images of an UPDATE are paired by key. Only when keys changed, or there are none, by their order:
// the server appends both to their transition tables in one go, row by row
// (AfterTriggerSaveEvent), also for rows that move between partitions; when a trigger of the
// destination swallowed a moved row, there are fewer new ones, and they are kept unpaired.
// Measured on 200,000 rows: by key 1.4 x the CPU time of the plain UPDATE, by order 1.5. A statement
// that stands alone returns its images itself where the server can do that, see returning.ts.

import { literal, quote } from "../names.ts";
import { hiddenName, type ShelfId, shelfSchema } from "../shelf-names.ts";
import { type Column, differs, newCell, oldCell, stored, storedType } from "./cells.ts";
import { doBlock, dollar, inShelf } from "./shelf.ts";
import type { Target } from "./targets.ts";

const events = ["INSERT", "UPDATE", "DELETE", "TRUNCATE"] as const;

/**
 * PostgreSQL wants a trigger for each event that has transition tables. The function runs as the
 * migration's role: statements inside of SECURITY DEFINER functions, and foreign-key actions, which
 * run as the tables' owners, may write to the shelf that way. It plans once for all firings, the
 * first of which may see one row and the next a million; no join of it may be a nested loop then.
 * Where the server has no other way than the forbidden one (one row), it takes the plan for so dear
 * that it would compile it, for 40 ms each time, up to version 17.
 */
const settings = `SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET jit = off
  SET work_mem = '64MB' SET extra_float_digits = 1 SET DateStyle = 'ISO' SET IntervalStyle = 'postgres'`;

export function startCapture(id: ShelfId, targets: readonly Target[], pid: number): string[] {
  return [
    ...createShelf(id, targets),
    ...targets.flatMap((target) => [
      createFunction(id, target, pid),
      ...target.members.flatMap((member) =>
        events.map((event) => createTrigger(id, target, member.sql, event)),
      ),
    ]),
    alwaysFire(id, targets),
  ];
}

/** The tables that take the images. */
export function createShelf(id: ShelfId, targets: readonly Target[]): string[] {
  return [
    `CREATE SCHEMA IF NOT EXISTS ${quote(shelfSchema(id))}`,
    `CREATE SEQUENCE ${inShelf(id, "firing")}`,
    ...targets.flatMap((target) => [
      createRows(id, target),
      // By which people know it; see shelves.ts.
      `COMMENT ON TABLE ${inShelf(id, "rows", target.number)} IS ${literal(`rows of ${target.shown}`)}`,
    ]),
    // It goes with the rows.
    `ALTER SEQUENCE ${inShelf(id, "firing")} OWNED BY ${inShelf(id, "rows", targets[0]?.number)}.firing`,
  ];
}

/** No constraints, no defaults, no index: nothing may stop or slow a statement of the user's. */
function createRows(id: ShelfId, { number, columns }: Target): string {
  const cells = columns.flatMap((column, at) => [
    `${oldCell(at)} ${storedType(column)}`,
    ...(column.hidden ? [] : [`${newCell(at)} ${storedType(column)}`]),
  ]);
  return `CREATE TABLE ${inShelf(id, "rows", number)} (firing int, event "char", ${cells.join(", ")})`;
}

function createTrigger(
  id: ShelfId,
  target: Target,
  table: string,
  event: (typeof events)[number],
): string {
  const images = {
    INSERT: "REFERENCING NEW TABLE AS belay_new ",
    UPDATE: "REFERENCING OLD TABLE AS belay_old NEW TABLE AS belay_new ",
    DELETE: "REFERENCING OLD TABLE AS belay_old ",
    TRUNCATE: "",
  }[event];
  const before = event === "TRUNCATE" ? "BEFORE" : "AFTER";
  const how = target.byRow && event !== "TRUNCATE" ? "FOR EACH ROW" : `${images}FOR EACH STATEMENT`;
  return `CREATE TRIGGER ${triggerName(id, event)} ${before} ${event} ON ${table} ${how}
    EXECUTE FUNCTION ${inShelf(id, "capture", target.number)}()`;
}

function triggerName(id: ShelfId, event: string): string {
  return quote(hiddenName(id, `capture_${event.toLowerCase()}`));
}

/** A migration may set session_replication_role, which turns ordinary triggers off. */
function alwaysFire(id: ShelfId, targets: readonly Target[]): string {
  const alters = targets.flatMap(({ members }) =>
    members.map(({ sql }) => {
      const actions = events.map((event) => `ENABLE ALWAYS TRIGGER ${triggerName(id, event)}`);
      return `ALTER TABLE ONLY ${sql} ${actions.join(", ")};`;
    }),
  );
  return doBlock(`BEGIN
  ${alters.join("\n  ")}
EXCEPTION WHEN object_in_use THEN
  -- Deferred checks of an earlier statement are still to be run, so ALTER TABLE is refused; the
  -- triggers that are there do unless the session is a replica's.
  IF current_setting('session_replication_role') = 'replica' THEN RAISE; END IF;
END`);
}

function createFunction(id: ShelfId, target: Target, pid: number): string {
  const body = target.byRow ? rowBody(id, target) : statementBody(id, target);
  return `CREATE FUNCTION ${inShelf(id, "capture", target.number)}() RETURNS trigger
  LANGUAGE plpgsql ${settings} AS ${dollar(`#variable_conflict use_variable
DECLARE
  this int;
  olds bigint;
  news bigint;
BEGIN
  IF pg_backend_pid() <> ${pid} THEN RETURN NULL; END IF;
  this := nextval(${literal(inShelf(id, "firing"))});
  IF TG_OP = 'TRUNCATE' THEN
    ${truncated(id, target)}
    RETURN NULL;
  END IF;
  ${body}
  RETURN NULL;
END`)}`;
}

/** A table's own rows, each member having a trigger. */
function truncated(id: ShelfId, target: Target): string {
  const { names, values } = oldImages(target.columns);
  const insert = `INSERT INTO ${inShelf(id, "rows", target.number)} (firing, event, ${names})
    SELECT $1, 'd', ${values("belay_old")} FROM ONLY `;
  return `EXECUTE ${literal(insert)} || TG_RELID::regclass || ' AS belay_old' USING this;`;
}

function statementBody(id: ShelfId, target: Target): string {
  const { columns, key } = target;
  const into = `INSERT INTO ${inShelf(id, "rows", target.number)}`;
  const old = oldImages(columns);
  const fresh = newImages(columns);
  const changed = changedImages(columns, true);
  const whole = changedImages(columns, false);
  const joined = key
    .map(({ column, operator }) => `o.${quote(column.name)} ${operator} n.${quote(column.name)}`)
    .join(" AND ");
  // A reserved name, which no column of the user's has.
  const place = quote(hiddenName(id, "place"));
  const byOrder = `SELECT this, 'u', ${whole.values}
        FROM (SELECT *, row_number() OVER () AS ${place} FROM belay_old) AS o
        JOIN (SELECT *, row_number() OVER () AS ${place} FROM belay_new) AS n
          ON o.${place} = n.${place}`;
  const keepByOrder = `${into} (firing, event, ${whole.names})
        ${byOrder};`;
  // A new row without an old one divides by zero, which costs less than counting them all.
  const [first] = key;
  const paired = first && `this / (o.${quote(first.column.name)} IS NOT NULL)::int`;
  const keepByKey = `BEGIN
        ${into} (firing, event, ${changed.names})
          SELECT ${paired}, 'u', ${changed.values} FROM belay_new AS n LEFT JOIN belay_old AS o ON ${joined};
      EXCEPTION WHEN division_by_zero THEN
        ${keepByOrder}
      END;`;
  const keepNew = `${into} (firing, event, ${fresh.names})
      SELECT this, 'i', ${fresh.values("n")} FROM belay_new AS n;`;
  const keepOld = `${into} (firing, event, ${old.names})
      SELECT this, 'd', ${old.values("o")} FROM belay_old AS o;`;
  return `IF TG_OP = 'INSERT' THEN
    ${keepNew}
  ELSIF TG_OP = 'DELETE' THEN
    ${keepOld}
  ELSE
    ${
      // Only on its way to another partition a row can get lost; else one, or some, is all to be known.
      target.partitioned
        ? "SELECT count(*) INTO news FROM belay_new; SELECT count(*) INTO olds FROM belay_old;"
        : "news := (SELECT count(*) FROM (SELECT FROM belay_new LIMIT 2) AS few); olds := news;"
    }
    IF olds = news AND news = 1 THEN
      ${into} (firing, event, ${whole.names})
        SELECT this, 'u', ${whole.values} FROM belay_old AS o, belay_new AS n;
    ELSIF olds = news THEN
      ${key.length === 0 ? keepByOrder : keepByKey}
    ELSE
      ${keepOld}
      this := nextval(${literal(inShelf(id, "firing"))});
      ${keepNew}
    END IF;
  END IF;`;
}

function rowBody(id: ShelfId, { number, columns }: Target): string {
  const into = `INSERT INTO ${inShelf(id, "rows", number)}`;
  const old = oldImages(columns);
  const fresh = newImages(columns);
  const both = changedImages(columns, true, "OLD", "NEW");
  return `IF TG_OP = 'INSERT' THEN
    ${into} (firing, event, ${fresh.names}) VALUES (this, 'i', ${fresh.values("NEW")});
  ELSIF TG_OP = 'DELETE' THEN
    ${into} (firing, event, ${old.names}) VALUES (this, 'd', ${old.values("OLD")});
  ELSE
    ${into} (firing, event, ${both.names}) VALUES (this, 'u', ${both.values});
  END IF;`;
}

export function oldImages(columns: readonly Column[]) {
  return {
    names: columns.map((_, at) => oldCell(at)).join(", "),
    values: (alias: string) => columns.map((column) => stored(column, alias)).join(", "),
  };
}

export function newImages(columns: readonly Column[]) {
  const shown = columns.filter(({ hidden }) => !hidden);
  return {
    names: shown.map((_, at) => newCell(at)).join(", "),
    values: (alias: string) => shown.map((column) => stored(column, alias)).join(", "),
  };
}

/** Both images; with `sparse`, of most columns only where they differ. */
export function changedImages(columns: readonly Column[], sparse: boolean, old = "o", fresh = "n") {
  const shown = columns.filter(({ hidden }) => !hidden);
  const value = (column: Column, alias: string) => {
    const cell = stored(column, alias);
    if (!sparse || !column.sparse) return cell;
    return `CASE WHEN ${differs(column, stored(column, old), stored(column, fresh))} THEN ${cell} END`;
  };
  return {
    names: shown.map((_, at) => `${oldCell(at)}, ${newCell(at)}`).join(", "),
    values: shown.map((column) => `${value(column, old)}, ${value(column, fresh)}`).join(", "),
  };
}

/**
 * DROP TRIGGER is refused while deferred checks are to be run on the table. Then the function is
 * made one that does nothing, and {@link sweepCapture} drops the triggers before COMMIT; to run the
 * checks here would be earlier than the migration's author wants them.
 */
export function stopCapture(id: ShelfId, targets: readonly Target[]): string[] {
  const disarms = targets.map(
    ({ number }) => `CREATE OR REPLACE FUNCTION ${inShelf(id, "capture", number)}() RETURNS trigger
    LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';`,
  );
  return [
    doBlock(`BEGIN
  ${dropTriggers(id, targets)}
EXCEPTION WHEN object_in_use THEN
  ${disarms.join("\n  ")}
END`),
  ];
}

/** Just before COMMIT, which would run the checks anyway. */
export function sweepCapture(id: ShelfId, targets: readonly Target[]): string[] {
  return [dropLeft(id, targets, "SET CONSTRAINTS ALL IMMEDIATE;")];
}

/** What `stop` had to leave, if anything: DROP TRIGGER waits for all readers, even IF EXISTS. */
export function dropLeft(id: ShelfId, targets: readonly Target[], first = ""): string {
  return doBlock(`BEGIN
  IF EXISTS (SELECT FROM pg_catalog.pg_proc WHERE oid = pg_catalog.to_regprocedure(${literal(
    `${inShelf(id, "capture", targets[0]?.number)}()`,
  )})) THEN
    ${first}
    ${dropTriggers(id, targets)}
  END IF;
END`);
}

/** Those that are there. */
function dropTriggers(id: ShelfId, targets: readonly Target[]): string {
  const triggers = targets.flatMap(({ members }) =>
    members.flatMap(({ sql }) =>
      events.map((event) => `DROP TRIGGER IF EXISTS ${triggerName(id, event)} ON ${sql};`),
    ),
  );
  const functions = targets.map(
    ({ number }) => `DROP FUNCTION IF EXISTS ${inShelf(id, "capture", number)}();`,
  );
  return [...triggers, ...functions].join("\n  ");
}
