import { expect, test } from "vitest";
import { createDatabase, forEachServer } from "../../../../test/support/servers.ts";
import { describeDifference, differences, fingerprintOf } from "../../../core/catalog.ts";
import { connect } from "../session.ts";
import { deriveUndo, extractFacts } from "./derive.ts";
import { extractCatalog } from "./extract.ts";

const setup = `
  create type mood as enum ('sad', 'ok');
  create table users (id bigserial primary key, email text unique, mood mood default 'ok');
  create table orders (id int primary key, user_id bigint references users on delete cascade, note text);
  create view named as select u.email, o.note from users u join orders o on o.user_id = u.id;
  create function touch() returns trigger language plpgsql as 'begin return new; end';
  create trigger t before update on users for each row execute function touch();
  create schema old; create table old.t (a int);
  create schema belay; create table belay.journal (a int);
  create function belay.capture() returns trigger language plpgsql as 'begin return new; end';
  create trigger captured after update on users for each row execute function belay.capture();
  create schema belay_shelf_0123abcd; create table belay_shelf_0123abcd.gone (a serial primary key);
  create function belay_shelf_0123abcd.capture() returns trigger language plpgsql as 'begin return new; end';
  create trigger captures after update on orders for each row execute function belay_shelf_0123abcd.capture();
  alter table orders add belay_0123abcd_n serial constraint belay_0123abcd_key unique;
  alter sequence orders_belay_0123abcd_n_seq rename to belay_0123abcd_seq;
  create index belay_0123abcd_idx on orders (belay_0123abcd_n, note);
  comment on column orders.belay_0123abcd_n is 'n'; comment on index belay_0123abcd_idx is 'i';
  grant select (belay_0123abcd_n) on orders to pg_monitor;
  insert into users (email) values ('a'); insert into orders values (1, 1, 'n')`;

/** What a statement does, and what the undo has to say is gone. */
const cases: [string, string, string[]][] = [
  ["nothing", "perform 1", []],
  [
    "a new table",
    "create table t (a serial primary key, b text not null default 'x'); create index on t (b)",
    [],
  ],
  [
    "new columns",
    "alter table users add phone text, add age int not null default 3 check (age > 0)",
    [],
  ],
  [
    "constraints and indexes",
    "alter table orders add unique (note), add check (id > 0); create index on orders (user_id)",
    [],
  ],
  [
    "a dropped index and constraint",
    "alter table users drop constraint users_email_key; alter table orders drop constraint orders_user_id_fkey",
    [],
  ],
  [
    "defaults and not null",
    "alter table orders alter note set default 'z', alter note set not null; alter table users alter mood drop default",
    [],
  ],
  [
    "a changed function",
    "create or replace function touch() returns trigger language plpgsql as 'begin new.email := lower(new.email); return new; end'",
    [],
  ],
  [
    "a new function and trigger",
    "create function f(a int, b text default 'c') returns int language sql as 'select 1'; create trigger t2 after insert on orders for each statement execute function touch()",
    [],
  ],
  ["a dropped view and trigger", "drop view named; drop trigger t on users", []],
  [
    "policies and grants",
    "alter table users enable row level security; create policy p on users using (true); grant select on users to pg_monitor; grant select (note) on orders to pg_monitor",
    [],
  ],
  ["comments", "comment on table users is 'u'; comment on column users.email is 'e'", []],
  [
    "types",
    "create type pair as (a int, b text); create domain score as int check (value > 0)",
    [],
  ],
  [
    "a schema with things in it",
    "create schema app; create table app.t (a int); create view app.v as select * from app.t; create sequence app.s",
    [],
  ],
  ["a renamed table", "alter table users rename to people", []],
  ["a renamed column", "alter table users rename email to mail", []],
  [
    "a renamed enum and value",
    "alter type mood rename to feeling; alter type feeling rename value 'ok' to 'fine'",
    [],
  ],
  ["a renamed schema", "alter schema old rename to fresh; alter table fresh.t add b int", []],
  ["a table moved to another schema", "create schema app; alter table users set schema app", []],
  [
    "tables that swap names",
    "alter table users rename to u2; alter table orders rename to users; alter table u2 rename to orders",
    [],
  ],
  [
    "columns that swap names",
    "alter table orders rename note to n2; alter table orders add note int; alter table orders rename n2 to remark",
    [],
  ],
  [
    "a table replaced by another",
    "alter table orders rename to orders_old; create table orders (id int primary key, at timestamptz)",
    [],
  ],
  [
    "a rename and a change",
    "alter table users rename to people; alter table people add x int, drop constraint users_email_key; alter table people rename email to mail",
    [],
  ],
  [
    "dropped columns and tables",
    "drop view named; alter table users drop email; drop table orders",
    ["column public.users.email", "table public.orders"],
  ],
  [
    "partitions",
    "create table p (k int primary key) partition by range (k); create table p1 partition of p for values from (0) to (9)",
    [],
  ],
  [
    "what an exception undid",
    "begin create table lost (a int); raise 'x'; exception when others then create table kept (a int); end",
    [],
  ],
];

forEachServer("derive", (server) => {
  test.each(cases)("the undo of %s", async (_, body, destroyed) => {
    await using db = await createDatabase(server);
    const session = await connect({ url: db.url, applicationName: "test" });
    try {
      await session.run(setup);
      const catalog = await extractCatalog(session);
      await session.run("begin; set local search_path = public; set local lock_timeout = '1s'");
      const before = await extractFacts(session);
      await session.run(`do $do$ begin ${body}; end $do$`);
      const changed = fingerprintOf(await extractCatalog(session));
      const after = await extractFacts(session, before);
      expect(fingerprintOf(await extractCatalog(session))).toBe(changed);
      const { sql, destroys } = await deriveUndo(before, after);
      const settings = await session.query(
        "select current_setting('search_path') as path, current_setting('lock_timeout') as lock",
      );
      expect(settings).toEqual([{ path: "public", lock: "1s" }]);
      await session.run("commit");

      for (const statement of sql) {
        expect(statement.sql).not.toMatch(/belay\W|belay_(shelf|0123abcd)_|capture/);
        await session.run(statement.sql);
      }
      const told = differences(catalog, await extractCatalog(session)).map(describeDifference);
      expect(told, sql.map((each) => each.sql).join(";\n")).toEqual(
        destroyed.includes("column public.users.email")
          ? ["table public.users: column order was id, email, mood, is id, mood, email"]
          : [],
      );
      expect(destroys.sort()).toEqual(destroyed);
    } finally {
      await session.close();
    }
  });
});
