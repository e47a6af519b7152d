import { expect, test } from "vitest";
import { createDatabase, forEachServer } from "../../../../test/support/servers.ts";
import { connect } from "../session.ts";
import { hiddenName, shelfSchema } from "../shelf-names.ts";
import { fill } from "./fill.ts";
import { heldLocks } from "./locks.ts";
import { readContents } from "./read.ts";
import { readShapes } from "./table-shapes.ts";

const shelf = shelfSchema("0123abcd");
const hidden = (name: string) => hiddenName("0123abcd", name);

const setup = `
  create schema ${shelf};
  create schema belay_of_a_user; create table belay_of_a_user.t (a int primary key);
  create table people (id serial, n serial unique, code text not null unique, flag int check (flag > 0),
    constraint at_once unique (id, n) deferrable);
  create table orders (id int primary key, who int references people (n));
  create table gone (id serial primary key);
  insert into people (code, flag) values ('a', 1); insert into orders values (1, 1);
  insert into gone default values`;

/** `n` with all that is on it, and a key; the rest is what is made to catch rows. */
const hide = `
  alter table people rename n to ${hidden("n")};
  alter table people alter ${hidden("n")} drop not null;
  alter table people rename constraint people_n_key to ${hidden("people_n_key")};
  alter table people rename constraint at_once to ${hidden("at_once")};
  alter table people rename constraint people_flag_check to ${hidden("people_flag_check")};
  alter table people rename constraint people_code_key to ${hidden("people_code_key")};
  alter sequence people_n_seq rename to ${hidden("people_n_seq")};
  alter table orders rename constraint orders_who_fkey to ${hidden("orders_who_fkey")};
  alter table gone set schema ${shelf};
  create table ${shelf}.rows (a int);
  create function ${shelf}.capture() returns trigger language plpgsql as 'begin return null; end';
  create trigger capture after update on people for each row execute function ${shelf}.capture()`;

forEachServer("hidden from rehearsals", (server) => {
  test("rows, sequences, shapes and locks are without it", async () => {
    await using db = await createDatabase(server);
    const session = await connect({ url: db.url, applicationName: "test" });
    try {
      await session.run(setup);
      await session.run(hide);

      const { tables, sequences } = await readContents(session);
      expect(
        tables.map(({ name, columns, key, rows }) => [
          name,
          columns.map((each) => each.name),
          key,
          rows,
        ]),
      ).toEqual([
        ["belay_of_a_user.t", ["a"], [0], []],
        ["public.orders", ["id", "who"], [0], [["1", "1"]]],
        ["public.people", ["id", "code", "flag"], undefined, [["1", "a", "1"]]],
      ]);
      expect(sequences.map(({ name }) => name)).toEqual(["public.people_id_seq"]);

      const shapes = await readShapes(session);
      expect(shapes.tables.map(({ name }) => name)).toEqual(tables.map(({ name }) => name));
      const people = shapes.tables.find(({ name }) => name === "public.people");
      expect(people).toMatchObject({ keys: [], checks: [], triggers: false, conflicts: false });
      expect(people?.columns.map(({ name }) => name)).toEqual(["id", "code", "flag"]);
      expect(shapes.tables.find(({ name }) => name === "public.orders")?.foreignKeys).toEqual([]);

      await session.run(`begin; lock ${shelf}.gone, public.people`);
      expect((await heldLocks(session)).map(({ table }) => table)).toEqual(["public.people"]);
      await session.run("rollback");
    } finally {
      await session.close();
    }
  });

  test("tables are filled past it", async () => {
    await using db = await createDatabase(server);
    const session = await connect({ url: db.url, applicationName: "test" });
    try {
      await session.run(`create schema ${shelf};
        create table people (id serial primary key, n int unique, note text not null);
        create table gone (a int)`);
      await session.run(`alter table people rename n to ${hidden("n")};
        alter table people rename constraint people_n_key to ${hidden("people_n_key")};
        alter table gone set schema ${shelf}`);
      const filled = await fill(session, { seed: 1, rows: 5 });
      expect(filled).toEqual([{ table: "public.people", inserted: 5 }]);
      expect(await db.query(`select distinct ${hidden("n")} as n from people`)).toEqual([
        { n: null },
      ]);
    } finally {
      await session.close();
    }
  });
});
