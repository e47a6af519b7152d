// Owns: giving objects back the names that they had, told by identity. Run in a savepoint, it lets
// the server itself rewrite whatever mentions them, and the statements are the first part of an
// undo.

import type { Session } from "../../dialect.ts";
import { quote } from "../names.ts";
import { isColumn, notHidden, ours } from "./family.ts";

/** What holds others comes first: what is in it may have its old name by then. */
const order = ["schema", "relation", "sequence", "type", "column", "label"] as const;

interface Named {
  kind: (typeof order)[number];
  schema: string;
  /** Empty for schemas. */
  name: string;
  /** Of a column or label, in the object of the name above. */
  part: string;
  /** A composite type's column is an attribute. */
  composite: boolean;
}

/** By the server's identity, e.g. `pg_class:16384` or `pg_class:16384.2`. */
export type Identities = Map<string, Named>;

const query = `
  select 'schema' as kind, 'pg_namespace:' || n.oid as identity, n.nspname::text as schema,
      '' as name, '' as part, false as composite
    from pg_catalog.pg_namespace n where ${ours("n.nspname")}
  union all
  select case c.relkind when 'S' then 'sequence' else 'relation' end, 'pg_class:' || c.oid, n.nspname, c.relname, '', false
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'f', 'v', 'm', 'S') and ${ours("n.nspname")} and ${notHidden("c.relname")}
  union all
  select 'type', 'pg_type:' || t.oid, n.nspname, t.typname, '', false
    from pg_catalog.pg_type t join pg_catalog.pg_namespace n on n.oid = t.typnamespace
      left join pg_catalog.pg_class c on c.oid = t.typrelid
    where (t.typtype in ('d', 'e', 'r') or c.relkind = 'c') and ${ours("n.nspname")}
  union all
  select 'column', 'pg_class:' || c.oid || '.' || a.attnum, n.nspname, c.relname, a.attname, c.relkind = 'c'
    from pg_catalog.pg_attribute a join pg_catalog.pg_class c on c.oid = a.attrelid
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'f', 'v', 'm', 'c') and ${isColumn("a")}
      and a.attinhcount = 0 and ${ours("n.nspname")}
  union all
  select 'label', 'pg_enum:' || e.oid, n.nspname, t.typname, e.enumlabel, false
    from pg_catalog.pg_enum e join pg_catalog.pg_type t on t.oid = e.enumtypid
      join pg_catalog.pg_namespace n on n.oid = t.typnamespace
    where ${ours("n.nspname")}`;

export async function readIdentities(session: Session): Promise<Identities> {
  const rows = await session.query<Named & { identity: string } & Record<string, unknown>>(query);
  return new Map(rows.map(({ identity, ...named }) => [identity, named]));
}

/**
 * Renames what has another name now, and returns the statements. Where the server refuses one, none
 * is returned and nothing is renamed: then they are other objects to whoever compares.
 */
export async function takeNamesBack(session: Session, before: Identities): Promise<string[]> {
  const done: string[] = [];
  await session.run("SAVEPOINT belay_rename");
  try {
    for (const kind of order) {
      const now = await readIdentities(session);
      const statements = renamesOf(kind, before, now);
      if (statements.length > 0) await session.run(statements.join(";\n"));
      done.push(...statements);
    }
  } catch {
    await session.run("ROLLBACK TO SAVEPOINT belay_rename");
    done.length = 0;
  }
  await session.run("RELEASE SAVEPOINT belay_rename");
  return done;
}

function renamesOf(kind: Named["kind"], before: Identities, now: Identities): string[] {
  const place = ({ schema, name, part }: Named) => JSON.stringify([schema, name, part]);
  const current = [...now].filter(([, named]) => named.kind === kind);
  const occupied = new Map(current.map(([identity, named]) => [place(named), identity]));
  const away: string[] = [];
  const back: string[] = [];
  const moved = new Set<string>();
  /** Out of the way, under a name that nobody else has. */
  const moveAway = (identity: string, named: Named): Named => {
    if (moved.has(identity)) return renamed(named, identity);
    moved.add(identity);
    away.push(...renaming(named, renamed(named, identity)));
    return renamed(named, identity);
  };
  const renames = current.flatMap(([identity, is]) => {
    const was = before.get(identity);
    return was === undefined || place(was) === place(is) ? [] : [{ identity, is, was }];
  });
  for (const { was } of renames) {
    const occupant = occupied.get(place(was));
    if (occupant !== undefined) moveAway(occupant, now.get(occupant)!);
  }
  for (const { identity, is, was } of renames) {
    back.push(...renaming(moved.has(identity) ? renamed(is, identity) : is, was));
  }
  return [...away, ...back];
}

function renamed(named: Named, identity: string): Named {
  const temporary = `belay_${identity.replace(/\W/g, "_")}`;
  if (named.kind === "schema") return { ...named, schema: temporary };
  return named.part === "" ? { ...named, name: temporary } : { ...named, part: temporary };
}

function renaming(from: Named, to: Named): string[] {
  const at = (schema: string, name: string) => `${quote(schema)}.${quote(name)}`;
  const object = at(from.schema, from.name);
  if (from.kind === "schema") {
    return [`ALTER SCHEMA ${quote(from.schema)} RENAME TO ${quote(to.schema)}`];
  }
  if (from.kind === "label") {
    const text = (label: string) => `'${label.replaceAll("'", "''")}'`;
    return [`ALTER TYPE ${object} RENAME VALUE ${text(from.part)} TO ${text(to.part)}`];
  }
  if (from.kind === "column") {
    const what = from.composite ? ["TYPE", "ATTRIBUTE"] : ["TABLE", "COLUMN"];
    return [
      `ALTER ${what[0]} ${object} RENAME ${what[1]} ${quote(from.part)} TO ${quote(to.part)}`,
    ];
  }
  const word = from.kind === "type" ? "TYPE" : "TABLE";
  const statements: string[] = [];
  if (from.name !== to.name) statements.push(`ALTER ${word} ${object} RENAME TO ${quote(to.name)}`);
  if (from.schema !== to.schema) {
    statements.push(`ALTER ${word} ${at(from.schema, to.name)} SET SCHEMA ${quote(to.schema)}`);
  }
  return statements;
}
