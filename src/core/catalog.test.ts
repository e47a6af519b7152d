import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Catalog,
  type CatalogObject,
  catalogFromJson,
  catalogToJson,
  describeDifference,
  differences,
  fingerprintOf,
} from "./catalog.ts";

function catalog(...objects: CatalogObject[]): Catalog {
  return new Map(objects.map((object) => [object.identity, object]));
}

const users: CatalogObject = {
  name: "table public.users",
  identity: "pg_class:1",
  facts: { "column id": "bigint", "column email": "text not null", "column order": "id, email" },
  parts: { 1: "column id", 2: "column email" },
  storage: "1",
};
const mood: CatalogObject = {
  name: "type public.mood",
  identity: "pg_type:2",
  facts: { labels: "a" },
};

const lines = (before: Catalog, after: Catalog) =>
  differences(before, after).map(describeDifference);

describe("fingerprint", () => {
  test("depends on names and facts only", () => {
    const fingerprint = fingerprintOf(catalog(users, mood));
    expect(fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(fingerprintOf(catalog(mood, users))).toBe(fingerprint);
    const again = { ...users, identity: "pg_class:9", parts: {}, storage: "77" };
    expect(fingerprintOf(catalog(mood, again))).toBe(fingerprint);
    const facts = {
      "column order": "id, email",
      "column email": "text not null",
      "column id": "bigint",
    };
    expect(fingerprintOf(catalog(mood, { ...users, facts }))).toBe(fingerprint);
    expect(fingerprintOf(catalog(mood, { ...users, name: "table public.people" }))).not.toBe(
      fingerprint,
    );
    expect(fingerprintOf(catalog(mood))).not.toBe(fingerprint);
  });

  const facts = fc.dictionary(fc.constantFrom("a", "b", "c"), fc.constantFrom("1", "2"));
  const catalogs = fc.dictionary(fc.constantFrom("t", "u", "v", "w"), facts).map((objects) =>
    catalog(
      ...Object.entries(objects).map(([name, each]) => ({
        name,
        identity: name,
        facts: { ...each },
      })),
    ),
  );

  test("is equal exactly when there is no difference", () => {
    fc.assert(
      fc.property(catalogs, catalogs, (before, after) => {
        const equal = fingerprintOf(before) === fingerprintOf(after);
        expect(differences(before, after).length === 0).toBe(equal);
        expect(differences(before, after, "name").length === 0).toBe(equal);
      }),
    );
  });

  test("survives storage", () => {
    fc.assert(
      fc.property(catalogs, (each) => {
        const again = catalogFromJson(JSON.parse(JSON.stringify(catalogToJson(each))));
        expect(again.size).toBe(each.size);
        expect(fingerprintOf(again)).toBe(fingerprintOf(each));
      }),
    );
    expect(catalogFromJson(catalogToJson(catalog(users))).get(users.identity)).toEqual(users);
    expect(() => catalogFromJson({ format: 99, objects: [] })).toThrow(/unknown format/);
    expect(() => catalogFromJson(null)).toThrow(/unknown format/);
  });
});

describe("differences", () => {
  test("objects that come and go", () => {
    expect(lines(catalog(users), catalog(mood))).toEqual([
      "table public.users is gone",
      "type public.mood is new",
    ]);
  });

  test("facts", () => {
    const facts = { "column id": "integer", "column order": "id", owner: "bob" };
    const after = { ...users, facts, parts: { 1: "column id" } };
    expect(lines(catalog(users), catalog(after))).toEqual([
      "table public.users: column id was bigint, is integer",
      "table public.users: column email was text not null, is gone",
      "table public.users: owner is new, bob",
    ]);
  });

  test("a renamed object and a renamed column are not others", () => {
    const facts = { "column id": "bigint", "column mail": "text", "column order": "id, mail" };
    const parts = { 1: "column id", 2: "column mail" };
    const after = { ...users, name: "table public.people", facts, parts };
    expect(differences(catalog(users), catalog(after))).toEqual([
      { object: users.name, fact: "name", before: users.name, after: after.name },
      {
        object: users.name,
        fact: "name of column email",
        before: "column email",
        after: "column mail",
      },
      { object: users.name, fact: "column email", before: "text not null", after: "text" },
    ]);
  });

  test("the order of columns counts, the place of a new one does not", () => {
    const added = {
      ...users,
      facts: { ...users.facts, "column a": "int", "column order": "id, email, a" },
      parts: { ...users.parts, 3: "column a" },
    };
    expect(lines(catalog(users), catalog(added))).toEqual([
      "table public.users: column a is new, int",
    ]);
    const turned = {
      ...users,
      facts: { ...users.facts, "column order": "email, id" },
      parts: { 2: "column email", 3: "column id" },
    };
    expect(lines(catalog(users), catalog(turned))).toEqual([
      "table public.users: column order was id, email, is email, id",
    ]);
  });

  test("what was dropped and created again is compared by name", () => {
    const again = { ...users, identity: "pg_class:8" };
    expect(differences(catalog(users), catalog(again))).toEqual([]);
  });

  test("in another database identities mean nothing", () => {
    const other = { ...mood, identity: users.identity };
    expect(differences(catalog(users), catalog(other), "name")).toHaveLength(2);
    expect(differences(catalog(users), catalog(other))[0]?.fact).toBe("name");
  });
});
