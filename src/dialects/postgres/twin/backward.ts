// Owns: what keeps the old column right for what is written to the one that has taken its place. A
// value goes back by the usual cast, where the author's expression leads from there to it again; else
// the row is marked with the reason, and what was there before stays.

import { doBlock, dollar } from "../capture/shelf.ts";
import { literal, quote } from "../names.ts";
import { asHere, identical, triggerName, valueThere } from "./fill.ts";
import type { Twin } from "./twin.ts";

/**
 * Finds the column by its number: later migrations, and people, may rename it. What goes wrong on the
 * way back marks the row, and never fails the write.
 */
export function backwardFunction(twin: Twin): string {
  const { change, names, back, indexes } = twin;
  const { sql, table, column } = change;
  const { old, misfit } = names;
  // What stays there could be in the way of another row.
  const left = indexes.some(({ unique }) => unique)
    ? "NULL"
    : `CASE WHEN TG_OP = 'UPDATE' THEN OLD.${old} END`;
  return `CREATE FUNCTION ${names.backward}() RETURNS trigger LANGUAGE plpgsql ${asHere(change)} AS ${dollar(
    `#variable_conflict use_column
DECLARE
  belay_name name := (SELECT attname FROM pg_catalog.pg_attribute
    WHERE attrelid = TG_RELID AND attnum = TG_ARGV[0]::int);
  belay_value ${sql.now};
  belay_before ${sql.now};
  belay_again ${sql.now};
BEGIN
  IF TG_OP = 'INSERT' AND NEW.${old} IS NOT NULL THEN
    -- Nobody knows this name: it is an INSERT without a list of columns, and the other one is meant.
    NEW.${names.column} := ${valueThere(twin, (name) => `NEW.${name === column ? old : quote(name)}`)};
    RETURN NEW;
  END IF;
  BEGIN
    ${field(twin, "NEW", "belay_value")}
    IF TG_OP = 'UPDATE' THEN
      ${field(twin, "OLD", "belay_before")}
      IF ${identical("belay_value", "belay_before")} THEN
        RETURN NEW;
      END IF;
      IF OLD.${misfit} IS NOT NULL THEN
        -- It may have come back to where it was.
        ${leadsThere(twin)}
      END IF;
    END IF;
    NEW.${old} := (SELECT ${back} FROM (SELECT belay_value AS ${names.column}) AS ${quote(table.name)});
    ${leadsThere(twin)}
    RAISE EXCEPTION 'no value of the old type leads to it';
  EXCEPTION WHEN OTHERS THEN
    NEW.${misfit} := SQLERRM;
    NEW.${old} := ${left};
  END;
  RETURN NEW;
END`,
  )}`;
}

function field({ change: { column }, names }: Twin, record: string, variable: string): string {
  return `IF belay_name = ${literal(column)} THEN
    ${variable} := ${record}.${names.column};
  ELSE
    EXECUTE pg_catalog.format('SELECT ($1).%I', belay_name) INTO ${variable} USING ${record};
  END IF;`;
}

/** Returns where the old column's value does; it never does where the expression reads others too. */
function leadsThere(twin: Twin): string {
  const { change, names, there } = twin;
  const { now } = change;
  if (there.reads.some((name) => name !== change.column)) return "NULL;";
  // 1.0 is 1, as far as numbers go; not every other type can tell.
  const form = now.name === "numeric" && !now.array ? "" : "::text";
  return `belay_again := ${valueThere(twin, () => `NEW.${names.old}`)};
    IF belay_again${form} IS NOT DISTINCT FROM belay_value${form} THEN
      NEW.${names.misfit} := NULL;
      RETURN NEW;
    END IF;`;
}

export function backwardTrigger(twin: Twin): string {
  const { table, column } = twin.change;
  const create = `CREATE TRIGGER ${triggerName(twin, "backward")} BEFORE INSERT OR UPDATE ON ${table.sql}
  FOR EACH ROW EXECUTE FUNCTION ${twin.names.backward}(%L)`;
  return doBlock(`BEGIN
  EXECUTE pg_catalog.format(${literal(create)}, (SELECT attnum FROM pg_catalog.pg_attribute
    WHERE attrelid = ${table.oid} AND attname = ${literal(column)}));
END`);
}
