// Owns: a look at what the current transaction has done so far: which system catalogs it changed,
// what it has locked, and which user tables it wrote to. `own-rows.ts` then finds the rows of those
// catalogs that are its own, and `observe.ts` draws the conclusions.
//
// Why it is complete. The server counts inserts, updates and deletes per catalog and transaction
// (pg_stat_get_xact_*); aborted subtransactions count too, so the counts may be too high, never too
// low. A row that was inserted or updated carries our transaction's id (or a subtransaction's) in
// xmin and is found by it. A deleted row leaves nothing, but nothing is dropped without a lock on
// it, or on the relation it is part of, that lasts to the end of the transaction.

import type { Session } from "../../dialect.ts";
import { notHidden, ours } from "./family.ts";
import { canFlush, markSettled, versionOf } from "./server.ts";
import { pinned, type Settings } from "./settings.ts";

export interface Counts {
  inserted: number;
  updated: number;
  deleted: number;
}

/** What a look found. */
export interface Look {
  /** Changes per system catalog; only catalogs that were changed. */
  counts: Map<string, Counts>;
  /** False: the server does not count, so nothing is known. */
  tracking: boolean;
  /** Our transaction's id, and where ours end: see `own-rows.ts`. */
  xids: { top: string; high: number; edge: number } | undefined;
  /** Relations that were locked in a mode that changes more than rows. */
  relations: number[];
  /** Identities of these and of other objects that were locked. */
  locked: string[];
  /** System catalogs that were perhaps written to by hand: DDL gives its locks on them back. */
  byHand: Set<string>;
  /** User tables that were locked for more than reading. */
  rows: (Counts & { oid: number; table: string })[];
  /** As they were. Empty: no catalog was changed, and the settings were left alone. */
  settings: Settings;
}

/** Modes that a statement takes on a relation to change more than its rows. */
const ddlModes = `('ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock',
  'AccessExclusiveLock')`;

function lookSql(catalogs: readonly string[], flush: boolean): string {
  const counted = catalogs.map((name) => `('${name}', 'pg_catalog.${name}'::regclass::oid)`);
  return `with counts as materialized (
    select c.name, n.i, n.u, n.d from (values ${counted.join(", ")}) c (name, oid)
    cross join lateral (select pg_stat_get_xact_tuples_inserted(c.oid)::int4 as i,
      pg_stat_get_xact_tuples_updated(c.oid)::int4 as u,
      pg_stat_get_xact_tuples_deleted(c.oid)::int4 as d) n
    where n.i + n.u + n.d > 0
  ), locks as materialized (
    select * from pg_catalog.pg_locks where pid = pg_backend_pid() and locktype in ('relation', 'object')
  )
  select 'count' as kind, name as word, 0::oid as oid, i, u, d, null as text from counts
  union all
  select 'tracking', '', 0, 0, 0, 0, current_setting('track_counts')
  union all
  select 'xids', '', 0, age(x.top::xid), age(pg_snapshot_xmax(pg_current_snapshot())::xid), 0, x.top::text
    from (select pg_current_xact_id_if_assigned() as top) x where x.top is not null
  union all
  select 'relation', '', relation, 0, 0, 0, null from locks
    where locktype = 'relation' and relation >= 16384 and mode in ${ddlModes}
  union all
  select 'object', c.relname::text, l.objid, 0, 0, 0, null
    from locks l join pg_catalog.pg_class c on c.oid = l.classid where l.locktype = 'object'
  union all
  select 'by hand', c.relname::text, 0, 0, 0, 0, null
    from locks l join pg_catalog.pg_class c on c.oid = l.relation
    where l.mode = 'RowExclusiveLock' and l.relation < 16384
  union all
  select 'rows', '', c.oid, pg_stat_get_xact_tuples_inserted(c.oid)::int4,
      pg_stat_get_xact_tuples_updated(c.oid)::int4, pg_stat_get_xact_tuples_deleted(c.oid)::int4,
      quote_ident(n.nspname) || '.' || quote_ident(c.relname)
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.oid = any (array(select relation from locks
        where relation >= 16384 and mode not in ('AccessShareLock', 'RowShareLock')))
      and c.relkind = 'r' and ${ours("n.nspname")} and ${notHidden("c.relname")}
  union all
  select 'setting', p.name, 0, 0, 0, 0, p.value from (${pinned}) p where exists (select from counts)
  ${flush ? "union all select 'flush', '', 0, 0, 0, 0, pg_stat_force_next_flush()::text" : ""}`;
}

interface LookRow extends Record<string, unknown> {
  kind: string;
  word: string;
  oid: number;
  i: number;
  u: number;
  d: number;
  text: string;
}

const texts = new Map<string, string>();

function textFor(catalogs: readonly string[], flush: boolean): string {
  const key = [flush, ...catalogs].join();
  const text = texts.get(key) ?? lookSql(catalogs, flush);
  texts.set(key, text);
  return text;
}

/** Sets the canonical settings when it finds a catalog changed; the caller restores them. */
export async function lookAround(session: Session, catalogs: readonly string[]): Promise<Look> {
  const flush = canFlush(await versionOf(session));
  const rows = await session.query<LookRow>(textFor(catalogs, flush), [], "belay-look");
  if (flush) markSettled(session);
  const look: Look = {
    ...{ counts: new Map(), tracking: true, xids: undefined, relations: [], locked: [] },
    ...{ byHand: new Set(), rows: [], settings: [] },
  };
  for (const row of rows) add[row.kind]?.(look, row);
  return look;
}

const add: Record<string, (look: Look, row: LookRow) => void> = {
  count: (look, { word, i, u, d }) =>
    look.counts.set(word, { inserted: i, updated: u, deleted: d }),
  tracking: (look, { text }) => {
    look.tracking = text === "on";
  },
  xids: (look, { text, i, u }) => {
    look.xids = { top: text, high: i, edge: u };
  },
  relation: (look, { oid }) => {
    look.relations.push(oid);
    look.locked.push(`pg_class:${oid}`);
  },
  object: (look, { word, oid }) => look.locked.push(`${word}:${oid}`),
  "by hand": (look, { word }) => look.byHand.add(word),
  rows: (look, { oid, text, i, u, d }) =>
    look.rows.push({ oid, table: text, inserted: i, updated: u, deleted: d }),
  setting: (look, { word, text }) => look.settings.push({ name: word, value: text }),
};
