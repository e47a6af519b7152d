import { expect, test } from "vitest";
import { createDatabase, forEachServer } from "../../../../test/support/servers.ts";
import { inWordsOf } from "../../../../test/support/versions.ts";
import { describeDifference, differences } from "../../../core/catalog.ts";
import { connect } from "../session.ts";
import { extractCatalog } from "./extract.ts";
import { cases, setup, shelf } from "./hidden.test-data.ts";

forEachServer("hidden", (server) => {
  async function prepared() {
    const db = await createDatabase(server);
    const session = await connect({ url: db.url, applicationName: "test" });
    await session.run(inWordsOf(server, setup));
    return Object.assign(session, {
      async [Symbol.asyncDispose]() {
        await session.close();
        await db.drop();
      },
    });
  }

  for (const { what, drop, hide, show } of cases) {
    test(`${what}: as if it were dropped`, async () => {
      await using session = await prepared();
      await using twin = await prepared();
      const before = await extractCatalog(session);
      await twin.run(drop);
      await session.run(hide);
      const [kept, dropped] = [await extractCatalog(session), await extractCatalog(twin)];
      expect(differences(dropped, kept, "name").map(describeDifference)).toEqual([]);
      expect(JSON.stringify([...kept])).not.toMatch(/belay_/);
      expect(differences(before, kept), "a drop that tells nothing proves nothing").not.toEqual([]);

      const some = await extractCatalog(session, before.keys());
      expect(differences(kept, some).map(describeDifference)).toEqual([]);
      await session.run(show);
      expect(differences(before, await extractCatalog(session)).map(describeDifference)).toEqual(
        [],
      );
    });
  }

  test("what is made for an undo: as if it were not there", async () => {
    await using session = await prepared();
    const before = await extractCatalog(session);
    await session.run(`
      create table ${shelf}.rows (a serial primary key, b text unique);
      create type ${shelf}.mood as enum ('sad'); create domain ${shelf}.d as int check (value > 0);
      create view ${shelf}.v as select * from ${shelf}.rows;
      create function ${shelf}.capture() returns trigger language plpgsql as 'begin return null; end';
      create trigger capture after update on people for each row execute function ${shelf}.capture();
      create trigger captures after truncate on people execute function ${shelf}.capture();
      create function ${shelf}.ev() returns event_trigger language plpgsql as 'begin end';
      create event trigger ev on ddl_command_end execute function ${shelf}.ev();
      alter default privileges in schema ${shelf} grant select on tables to pg_monitor;
      grant usage on schema ${shelf} to pg_monitor;
      create statistics ${shelf}.s on a, b from ${shelf}.rows;
      alter publication pub add table ${shelf}.rows;
      comment on table ${shelf}.rows is 'r'; alter table people disable trigger capture;
      create table ${shelf}.refers (a int references other.t); alter table other.t disable trigger all`);
    expect(differences(before, await extractCatalog(session)).map(describeDifference)).toEqual([]);
    await session.run("drop event trigger ev");
  });
});
