// Rows that are born while a dropped column is hidden: whatever default or type it has, nobody who
// inserts without it is refused.

import { expect, test } from "vitest";
import { forEachServer } from "./support/servers.ts";
import { world } from "./support/window-world.ts";

const cases = {
  "a default that needs a setting": {
    column: "d int NOT NULL DEFAULT current_setting('app.x')::int",
    told: [
      /^left empty, its fill failed: unrecognized configuration/,
      /^(NOT NULL of d|t_d_not_null)/,
    ],
  },
  "a default that a type change has made too long": {
    column: "d text DEFAULT '123'",
    before: "ALTER TABLE t ALTER d TYPE varchar(2);",
    told: [/value too long for type character varying\(2\)/],
  },
  "a default that a type change has made none": {
    column: "d numeric DEFAULT 'NaN'",
    before: "ALTER TABLE t ALTER d TYPE int;",
    told: [/cannot convert NaN to integer/],
  },
  "a default that raises": {
    column: "d int DEFAULT no()",
    told: [/^left empty, its fill failed: never/],
  },
  "a default that writes": { column: "d int DEFAULT noted()", value: "1", told: [] },
  "a unique default that fails": { column: "d int DEFAULT no() UNIQUE", told: [] },
  "a domain that is NOT NULL": {
    column: "d required",
    told: [/^d is still text: .*domain required does not allow null values$/],
  },
  "a domain with a check, in another one": {
    column: 'd nested DEFAULT no() COLLATE "C"',
    told: [/^left empty/, /^d is still text: .*value for domain nested violates/],
  },
  "a domain that is NOT NULL, with a default": { column: "d filled", value: "q", told: [] },
  "a domain that is NOT NULL, with a fill": {
    column: "d required",
    before: "-- belay:fill t.d = 'v' || id\n",
    value: "v2",
    told: [],
  },
} as const;

const base = `CREATE FUNCTION no() RETURNS int LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''never''; END';
  CREATE TABLE note (id int);
  CREATE FUNCTION noted() RETURNS int LANGUAGE sql AS 'INSERT INTO note VALUES (1) RETURNING id';
  CREATE DOMAIN required AS text NOT NULL; CREATE DOMAIN filled AS text NOT NULL DEFAULT 'q';
  CREATE DOMAIN inner_one AS text CHECK (VALUE <> ''); CREATE DOMAIN nested AS inner_one CHECK (VALUE IS NOT NULL);`;

interface Case {
  column: string;
  before?: string;
  value?: string;
  told: readonly RegExp[];
}

forEachServer("rows that are born without a column", (server) => {
  test.each(Object.entries<Case>(cases))("%s", async (_, { column, before, value, told }) => {
    const { db, belay, project } = await world(server, {
      "1_base.up.sql": `${base} CREATE TABLE t (id int PRIMARY KEY, ${column}); INSERT INTO t VALUES (1, '7');`,
      "2_drop.up.sql": `${before ?? ""}ALTER TABLE t DROP d;`,
    });
    await using _p = project;
    await using _d = db;
    expect((await belay.up()).error).toBeUndefined();
    expect(await db.query("SELECT FROM note")).toEqual([]);
    await db.query("INSERT INTO t VALUES (2)");
    const { error, conflicts, verified } = await belay.down();
    expect(error).toBeUndefined();
    expect(conflicts.map(({ resolution }) => resolution)).toEqual(
      told.map((each) => expect.stringMatching(each)),
    );
    if (told.length === 0) expect(verified).toBe(true);
    expect(await db.query("SELECT id, d::text FROM t ORDER BY id")).toEqual([
      { id: 1, d: "7" },
      { id: 2, d: value ?? null },
    ]);
  });
});
