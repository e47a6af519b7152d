// Owns: what is dropped, and how the same is hidden for an undo and shown again. The statements are
// plain, so that they say what a catalog may not show; none of them is what Belay runs.

import { hiddenName, shelfSchema } from "../shelf-names.ts";

const id = "0123abcd";
export const shelf = shelfSchema(id);
const hidden = (name: string) => hiddenName(id, name);

export const setup = `
  create schema belay; create schema ${shelf};
  create table people (id int primary key, born date not null, "Odd ""one" text default 'x', n serial,
    g int generated always as identity, note text, at text not null default 'now', k int);
  create unique index by_odd on people ("Odd ""one", born);
  alter table people add constraint one_n unique (n, k), add constraint n_ok check (n > 0 and k > 0);
  create index on people (g, k);
  create statistics stat on n, k from people;
  comment on column people.n is 'n'; comment on constraint n_ok on people is 'ok';
  comment on index by_odd is 'odd'; comment on statistics stat is 's';
  grant select (n), update (g) on people to pg_monitor;
  alter table people alter n set statistics 55, alter n set (n_distinct = 5);
  create table heirs (own text) inherits (people);
  create table a (x int, y int, id int, p int); create table b (x int, z int, gone text, late text);
  create table c (y int, id int, gone text, "Last" text);
  create view joined as select a.id, z, c.id as other from a join b using (x) join c using (y);
  create function body() returns bigint language sql
    begin atomic select count(*) from a join b using (x) join c using (y); end;
  create schema other; create table other.t (a serial primary key, b text);
  create view other.v as select * from other.t; create table lonely (a int);
  create policy seen on a using (exists (select from a as o join b using (x) join c using (y)));
  create rule seen as on delete to a do instead update a set id = b.z from a as o join b using (x) join c using (y);
  alter table b add y int; alter table b rename late to later; alter table c add z int, add x int;
  create table orders (id serial primary key, who int, what text unique, key int references people);
  create statistics pairs on who, what from orders;
  create statistics kept on id, who from orders;
  create index on orders (lower(what));
  create function noted() returns trigger language plpgsql as 'begin return new; end';
  create trigger noted before update on orders for each row execute function noted();
  create publication pub for table people (id, k), orders, other.t`;

interface Case {
  what: string;
  drop: string;
  hide: string;
  show: string;
}

/** A statement for each name, in the order of hiding. */
function renames(alter: (from: string, to: string) => string, names: readonly string[]) {
  return {
    hide: names.map((name) => alter(name, hidden(name))).join("; "),
    show: names.map((name) => alter(hidden(name), name)).join("; "),
  };
}

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;

const columns = (table: string, names: readonly string[]) =>
  renames((a, b) => `alter table ${table} rename ${quoted(a)} to ${quoted(b)}`, names);

const constraints = (table: string, names: readonly string[]) =>
  renames((a, b) => `alter table ${table} rename constraint ${a} to ${b}`, names);

const others = (kind: string, names: readonly string[]) =>
  renames((a, b) => `alter ${kind} ${a} rename to ${b}`, names);

function together(what: string, drop: string, ...parts: { hide: string; show: string }[]): Case {
  return {
    ...{ what, drop },
    hide: parts.map(({ hide }) => hide).join("; "),
    show: parts.map(({ show }) => show).join("; "),
  };
}

const shelved = (names: readonly string[]) => ({
  hide: names.map((name) => `alter ${name} set schema ${shelf}`).join("; "),
  show: names
    .map((name) => `alter ${name.replace(" ", ` ${shelf}.`)} set schema public`)
    .join("; "),
});

export const cases: Case[] = [
  together(
    "a column with all that is on it",
    "alter table people drop n",
    columns("people", ["n"]),
    constraints("people", ["one_n", "n_ok"]),
    others("sequence", ["people_n_seq"]),
    others("statistics", ["stat"]),
  ),
  together(
    "a column that is NOT NULL, by an inherited constraint",
    "alter table people drop at",
    columns("people", ["at"]),
  ),
  together(
    "an identity",
    "alter table people drop g",
    columns("people", ["g"]),
    others("index", ["people_g_k_idx"]),
    others("sequence", ["people_g_seq"]),
  ),
  together(
    "a quoted name, with its index",
    `alter table people drop "Odd ""one"`,
    columns("people", ['Odd "one']),
    others("index", ["by_odd"]),
  ),
  together("an index", "drop index by_odd", others("index", ["by_odd"])),
  together(
    "a constraint and its index",
    "alter table people drop constraint one_n",
    constraints("people", ["one_n"]),
  ),
  together("statistics", "drop statistics stat", others("statistics", ["stat"])),
  together(
    "columns that queries list without reading them",
    `alter table b drop gone, drop later; alter table c drop gone, drop "Last"`,
    columns("b", ["gone", "later"]),
    columns("c", ["gone", "Last"]),
  ),
  together(
    "a table with all that is on it",
    "drop table orders",
    shelved(["table orders", "statistics pairs"]),
  ),
  together("a schema", "drop schema other cascade", {
    hide: "alter schema other rename to belay_shelf_00000000",
    show: "alter schema belay_shelf_00000000 rename to other",
  }),
  together("a view and its reader", "drop view joined cascade", shelved(["view joined"])),
  together("a function", "drop function noted() cascade", shelved(["function noted"])),
  together("the last column", "alter table lonely drop a", columns("lonely", ["a"])),
];
