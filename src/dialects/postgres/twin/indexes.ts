// Owns: the indexes of a column, those of its twin that take their names, and how they change places.
// A primary key cannot be put aside under another name: a spare of its index waits for the way back.

import { tokenAt } from "../../../sql/lexer.ts";
import type { Lookup } from "../kind.ts";
import { literal, quote } from "../names.ts";
import { hiddenName, isHidden, type ShelfId } from "../shelf-names.ts";
import type { Change } from "../type-change-undo.ts";

export interface TwinIndex {
  /** Unquoted. */
  name: string;
  /** `pg_constraint.contype`, `p` or `u`; null: it belongs to no constraint. */
  constraint: string | null;
  unique: boolean;
  /** Qualified, quoted. */
  spare?: string;
  /** Builds that of the twin, and for a primary key the spare one. */
  builds: string[];
  /** To the names that the written statement would leave, and back. */
  away: string[];
  there: string[];
  back: string[];
}

interface Found extends Record<string, unknown> {
  name: string;
  schema: string;
  constraint: string | null;
  unique: boolean;
  definition: string;
  comment: string | null;
  constraintComment: string | null;
}

/** Of plain ones only; see `refusal.ts`. */
export async function twinIndexes(
  catalog: Lookup,
  id: ShelfId,
  { table, column, facts }: Change,
): Promise<TwinIndex[]> {
  const found = await catalog.rows<Found>(
    `SELECT c.relname::text AS name, n.nspname::text AS schema, k.contype::text AS constraint,
       i.indisunique AS unique,
       pg_get_indexdef(c.oid) AS definition, obj_description(c.oid, 'pg_class') AS comment,
       obj_description(k.oid, 'pg_constraint') AS "constraintComment"
     FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
       JOIN pg_namespace n ON n.oid = c.relnamespace
       LEFT JOIN pg_constraint k ON k.conindid = c.oid AND k.contype IN ('p', 'u')
     WHERE i.indrelid = $1::oid AND $2 = ANY (i.indkey::int2[]) AND NOT ${isHidden("c.relname")}
     ORDER BY c.relname`,
    [table.oid, facts.number],
  );
  return found.map((each, index) => {
    const hidden = (what: string) => hiddenName(id, `${what}_${index + 1}`);
    const fresh = hiddenName(id, `new_${column}`);
    const built = indexText(each.definition, hidden("index"), column, fresh);
    const [away, spare] = [hidden("away"), hidden("spare")];
    const rename = (from: string, to: string) =>
      `ALTER INDEX ${quote(each.schema)}.${quote(from)} RENAME TO ${quote(to)}`;
    const adds = (from: string) =>
      `ALTER TABLE ${table.sql} ADD CONSTRAINT ${quote(each.name)} ${each.constraint === "p" ? "PRIMARY KEY" : "UNIQUE"} USING INDEX ${quote(from)}`;
    const comments = commentsOf(each, table.sql);
    const { name, constraint, unique } = each;
    // An index has columns of its own, which keep their names when those of the table change.
    const own = `ALTER TABLE ${quote(each.schema)}.${quote(name)} RENAME COLUMN ${quote(fresh)} TO ${quote(column)}`;
    const there = [
      constraint ? adds(hidden("index")) : rename(hidden("index"), name),
      own,
      ...comments,
    ];
    if (constraint !== "p") {
      const kept = { away: [rename(name, away)], back: [rename(away, name)] };
      return { name, constraint, unique, builds: [built], there, ...kept };
    }
    return {
      ...{ name, constraint, unique, there },
      spare: `${quote(each.schema)}.${quote(spare)}`,
      builds: [built, indexText(each.definition, spare, column, column)],
      away: [`ALTER TABLE ${table.sql} DROP CONSTRAINT ${quote(name)}`],
      back: [adds(spare), ...comments],
    };
  });
}

function commentsOf(found: Found, table: string): string[] {
  const { schema, name, comment, constraintComment } = found;
  return [
    ...(comment === null
      ? []
      : [`COMMENT ON INDEX ${quote(schema)}.${quote(name)} IS ${literal(comment)}`]),
    ...(constraintComment === null
      ? []
      : [`COMMENT ON CONSTRAINT ${quote(name)} ON ${table} IS ${literal(constraintComment)}`]),
  ];
}

/**
 * A plain index's definition, CONCURRENTLY, with other names. Between its parentheses each element
 * begins with a column; what follows it are operator classes and the like.
 */
export function indexText(definition: string, name: string, column: string, other: string): string {
  const pieces = piecesOf(definition);
  const open = pieces.indexOf("(");
  const options = pieces.indexOf("WITH", open);
  const end = options < 0 ? pieces.length : options;
  const head = pieces.slice(0, open);
  const word = head.indexOf("INDEX");
  head.splice(word, 3, "INDEX", " CONCURRENTLY ", quote(name));
  let depth = 0;
  let last = "";
  const elements = pieces.slice(open, end).map((piece) => {
    const begins = depth === 1 && /^[(,]$/.test(last);
    if (piece === "(") depth += 1;
    if (piece === ")") depth -= 1;
    if (piece.trim() !== "") last = piece;
    return begins && unquoted(piece) === column ? quote(other) : piece;
  });
  return [...head, ...elements, ...pieces.slice(end)].join("");
}

function piecesOf(text: string): string[] {
  const pieces: string[] = [];
  for (let token = tokenAt(text, 0); token !== undefined; token = tokenAt(text, token.end)) {
    pieces.push(text.slice(token.start, token.end));
  }
  return pieces;
}

function unquoted(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}
