// Owns: which table a statement of a migration means, as far as that can be told before anything of the
// migration has run; and what makes sure, when it runs, that it was right.

import type { RangeVar } from "@pgsql/types";
import type { PlannedStatement } from "../../../core/plan.ts";
import { doBlock } from "../capture/shelf.ts";
import type { Lookup } from "../kind.ts";
import { literal, relationName, relationSql } from "../names.ts";
import { findRelation, type Relation } from "../relation.ts";
import { standIns } from "../set-aside/twin-mark.ts";

/** Goes along with the statements of a migration. */
export class MeantTables {
  readonly #catalog: Lookup;
  /** Tables that they make, without schema; they are as large as the migration makes them. */
  readonly #made = new Set<string>();
  /** The texts of those after which a name may mean another table; null: nobody knows of which names. */
  #movers: string[] | null = [];
  /** Those by which the name of a table that is there may become another's. */
  readonly #renamers: { kind: string; object: string; text: string }[] = [];

  constructor(catalog: Lookup) {
    this.#catalog = catalog;
  }

  pass({ changes, sql, observe }: PlannedStatement): void {
    const text = sql.toLowerCase().replaceAll('""', '"');
    for (const { kind, object } of changes) {
      if (makesTable.test(kind)) this.#made.add(bareName(object));
      if (renames.test(kind)) this.#renamers.push({ kind, object, text });
      if (!keepsNames.test(kind)) this.#movers?.push(text);
      if (observe || movesAll.test(kind)) this.#movers = null;
    }
  }

  /** What the file says of where names are looked for is only as good as all before the statement. */
  isKnown({ foreseenPath }: PlannedStatement, { schemaname, relname = "" }: RangeVar): boolean {
    if (schemaname !== undefined || foreseenPath === undefined) return true;
    if (foreseenPath === null || this.#movers === null) return false;
    return !this.#movers.some((text) => mentions(text, relname));
  }

  /** What the catalog says of the table may not be true of the one that has its name by then. */
  mayBeAnother({ schema, name }: Relation): boolean {
    return this.#renamers.some(({ kind, object, text }) => {
      if (kind.endsWith("-schema") && !kind.startsWith("set-")) return mentions(text, schema);
      if (!kind.startsWith("drop-")) return mentions(text, name);
      const [dropped, of] = partsOf(object).toReversed();
      return dropped === name && (of === undefined || of === schema);
    });
  }

  /**
   * The table, with its size; of a name that is not known, the largest that it may be of. Undefined: it
   * is not there before this migration, is temporary, or smaller.
   */
  async large(
    named: RangeVar,
    { bytes, isKnown }: { bytes: number; isKnown: boolean },
  ): Promise<(Relation & { size: string }) | undefined> {
    if (isKnown && this.#made.has(named.relname ?? "")) return undefined;
    const meant = isKnown ? named : await this.#largestOf(named);
    const table = await findRelation(this.#catalog, meant);
    if (table === undefined || !/^[rpm]$/.test(table.kind)) return undefined;
    const [found] = await this.#catalog.rows<Sized>(
      `SELECT sum(pg_table_size(relid)) >= $2 AS "isLarge", pg_size_pretty(sum(pg_table_size(relid))) AS size
       FROM (SELECT $1::oid AS relid UNION SELECT relid FROM pg_partition_tree($1::oid::regclass)) t`,
      [table.oid, bytes],
    );
    return found?.isLarge ? { ...table, size: found.size } : undefined;
  }

  async #largestOf({ relname }: RangeVar): Promise<RangeVar | undefined> {
    const [found] = await this.#catalog.rows<RangeVar & Record<string, unknown>>(
      `SELECT n.nspname AS schemaname, c.relname
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relname = $1::name AND c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't'
        ORDER BY (SELECT sum(pg_table_size(relid))
          FROM (SELECT c.oid AS relid UNION SELECT relid FROM pg_partition_tree(c.oid)) t) DESC LIMIT 1`,
      [relname],
    );
    return found;
  }
}

interface Sized extends Record<string, unknown> {
  isLarge: boolean;
  size: string;
}

/**
 * Fails where the name is another table's when it runs, for whatever reason. One that an earlier
 * TRUNCATE of the migration has put in its place, empty and like it, is the same to everybody.
 */
export function sameTable(named: RangeVar, { oid }: Relation): string {
  const name = relationName(named);
  const message = `${name} is another table now than when the migration was planned; -- belay:verbatim above the statement runs it as written`;
  return doBlock(`BEGIN
  IF NOT EXISTS (SELECT FROM ${standIns(oid)} meant
    WHERE oid = pg_catalog.to_regclass(${literal(relationSql(named))})) THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = ${literal(message)};
  END IF;
END`);
}

const makesTable = /^(create-(table|table-as|materialized-view)|select-into|rename-table)$/;

/** After all others a name may mean another table. */
const keepsNames =
  /^(add-(?!inherit).*|alter-(column-type|constraint|identity|policy|sequence|statistics)|attach-partition|analyze|cluster|cluster-on|comment|copy|create-(index|policy|rule|statistics|trigger)|delete|detach-partition|drop-(column|constraint|default|expression|identity|inherit|not-null|policy|rule|trigger)|enable-.*|grant|insert|lock-table|merge|owner-to|read|refresh-materialized-view|reindex|rename-(column|constraint|policy|trigger)|replica-identity|row-security|select|set(-.*)?|truncate|update|vacuum|validate-constraint)$/;

const renames =
  /^((rename|drop)-(table|view|materialized-view|foreign-table|sequence|index|schema)|set-.*schema)$/;

/** Names of many at once. */
const movesAll = /^(opaque|do|call|execute|create-extension|alter-extension|(?!create-).*-schema)$/;

function mentions(text: string, name: string): boolean {
  // An identifier that is written in code points.
  if (text.includes('u&"')) return true;
  const known = name.toLowerCase();
  return /^\w+$/.test(name)
    ? new RegExp(`(?<![\\w$])${known}(?![\\w$])`).test(text)
    : text.includes(known);
}

function bareName(object: string): string {
  return partsOf(object).at(-1) ?? object;
}

/** `public."Users"` as statements write it -> `public`, `Users`. */
function partsOf(object: string): string[] {
  return [...object.matchAll(/"((?:[^"]|"")*)"|[^."]+/g)].map(
    ([whole, quoted]) => quoted?.replaceAll('""', '"') ?? whole,
  );
}
