// Owns: the applications that go on writing after a migration: the new one, which knows the new
// columns, and the old one, which is still running and knows only those from before.

import { differences } from "../core/catalog.ts";
import type { Contents, EditedTable, TableRows } from "../dialects/rehearsal.ts";
import { keyOf } from "./expect-rows.ts";
import type { Finding } from "./result.ts";
import { sameRows } from "./same-rows.ts";
import type { Copy, Scratch } from "./scratch.ts";
import type { Stage, State } from "./stage.ts";
import { columnSuccessors, isForWriters, predecessorOf } from "./succession.ts";

/** A migration that touches more tables is rare, and each further one shows little. */
const tablesAtMost = 12;

interface Writing extends Pick<Stage, "before" | "seed"> {
  migrated: State;
  findings: Finding[];
}

/** What is in the database after writers; `thinned`: after they had deleted, if they did. */
export interface Written {
  written: Contents;
  thinned?: Contents;
}

export async function write(scratch: Scratch, copy: Copy, writing: Writing): Promise<Written> {
  const { before, migrated, seed, findings } = writing;
  const { rehearsals } = scratch.server;
  const tables = touchedTables(before, migrated).filter((table) =>
    isForWriters(table, before.contents, migrated.contents),
  );
  if (tables.length === 0) return { written: migrated.contents };
  const some = tables.slice(0, tablesAtMost);
  const session = await copy.looking();
  const edited = some.flatMap((table) => editable(table, before.contents, migrated.contents));
  const edits = await rehearsals.edit(session, {
    seed: seed + 1,
    updates: 2,
    deletes: 1,
    tables: edited,
  });
  const hasDeleted = edits.some(({ deleted }) => deleted > 0);
  const thinned = hasDeleted ? await rehearsals.read(session) : undefined;
  const whole = new Map(some.map(({ name }) => [name, []]));
  await rehearsals.fill(session, { seed: seed + 2, rows: 2, only: whole });
  const old = oldShapes(some, before);
  if (old.size > 0) {
    for (const { table, inserted, why } of await rehearsals.fill(session, {
      ...{ seed: seed + 3, rows: 1, only: old },
    })) {
      if (inserted > 0 || why === undefined) continue;
      const text = `an application that knows only the old columns cannot insert into ${table}: ${why}`;
      findings.push({ kind: "old-shape", text });
    }
  }
  return { written: await rehearsals.read(session), ...(thinned && { thinned }) };
}

/** Those that the migration changed, as they are now. */
function touchedTables(before: State, migrated: State): TableRows[] {
  const names = new Set(sameRows(before.contents, migrated.contents).map(({ table }) => table));
  // Copies keep the server's identities, so a renamed table is not a new one.
  for (const { object, fact, after } of differences(before.catalog, migrated.catalog)) {
    const now = fact === "name" || fact === undefined ? after : object;
    if (now?.startsWith("table ")) names.add(now.slice("table ".length));
  }
  return migrated.contents.tables.filter(({ name }) => names.has(name));
}

/** The columns from before, for tables whose columns are others now. */
function oldShapes(tables: readonly TableRows[], { contents }: State) {
  const shapes = new Map<string, string[]>();
  for (const { name, columns } of tables) {
    const earlier = contents.tables.find((each) => each.name === name);
    if (earlier === undefined) continue;
    const old = earlier.columns.filter(({ generated }) => !generated).map((each) => each.name);
    if (old.join("\n") !== columns.map((each) => each.name).join("\n")) shapes.set(name, old);
  }
  return shapes;
}

/** Where more rows than this were changed by the migration, some of them are edited all the same. */
const sparedAtMost = 4;

/**
 * What an application may set: columns that it knew before. Rows that the migration changed are
 * mostly spared, or an edit would hide what the rollback makes of them.
 */
function editable(table: TableRows, before: Contents, migrated: Contents): EditedTable[] {
  const earlier = predecessorOf(table, before.tables, migrated.tables);
  if (earlier === undefined || table.key === undefined) return [];
  const { key } = table;
  const now = columnSuccessors(earlier, table);
  const columns = new Set(now.flatMap((at) => table.columns[at]?.name ?? []));
  const known = new Set(earlier.rows.map((row) => JSON.stringify(row)));
  const changed = table.rows.filter((row) => {
    const asItWas = now.map((at) => row[at] ?? null);
    return now.includes(-1) || !known.has(JSON.stringify(asItWas));
  });
  const spared = changed.filter((_, index) => changed.length <= sparedAtMost || index % 4 < 3);
  return [{ name: table.name, columns, spared: new Set(spared.map((row) => keyOf(row, key))) }];
}
