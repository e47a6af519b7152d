// Proves that the planted cases are what they say: the right downs put everything back, whatever
// rows there are and whatever was written in between; the wrong ones do not, in one way each.
// All of them take minutes: every twentieth in an ordinary run, `BELAY_PLANTED_EVERY=1` for all.

import { expect, test } from "vitest";
import { forEachServer } from "../../support/servers.ts";
import { alone, crowded, kindsOf } from "./rehearse.ts";
import { rightDowns } from "./right-downs.ts";
import { wrongDowns } from "./wrong-downs.ts";
import { wrongRows } from "./wrong-rows.ts";
import { wrongUnseen } from "./wrong-unseen.ts";

const wrong = [...wrongDowns, ...wrongRows, ...wrongUnseen];

/** Wrong only when somebody writes between up and down. */
const needsWriters = new Set([
  "a swap with a copy loses what was written to it",
  "a column that stood aside comes back stale",
  "a backup overwrites what was written since",
  "a table is put back from a backup as a whole",
  "rows that the new release wrote are deleted",
]);

/** Real differences that Belay's reading of the catalog does not have. */
const unseen = new Set([
  "the comment on a constraint trigger's constraint is lost",
  "a function no longer depends on its extension",
  "a user mapping comes back with another password",
  "a text search configuration of the server is changed for good",
  "the connection limit of the database is left",
  "the database keeps its new owner",
  "a large object is left",
  "a large object is unlinked and not made again",
  ...wrongUnseen.map(({ name }) => name),
]);

/** Wrong in two ways by their nature. */
const twofold = new Set<string>(["the down is a copy of another migration's"]);

function expectNamed(names: string[], lines: string[]) {
  const named = (line: string) =>
    names.every((name) => line.toLowerCase().includes(name.toLowerCase()));
  expect(lines.filter(named), `${names.join(", ")} in one of:\n${lines.join("\n")}`).not.toEqual(
    [],
  );
}

test("the planted cases have names of their own, and enough of them", () => {
  const names = [...wrong, ...rightDowns].map(({ name }) => name);
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  expect(wrong.filter((planted) => planted.names.length === 0)).toEqual([]);
  expect(rightDowns.filter((planted) => planted.names.length > 0)).toEqual([]);
});

const every = Number(process.env.BELAY_PLANTED_EVERY ?? 20);
const some = <T extends { name: string }>(list: T[]) =>
  list.filter((_, index) => index % every === 0).map((each) => [each.name, each] as const);

forEachServer("planted wrong downs", (server) => {
  test.each(some(wrong))("%s", async (name, planted) => {
    const quiet = await alone(server, planted, { raw: unseen.has(name) });
    const needs = needsWriters.has(name);
    if (needs) expect(kindsOf(quiet.found, quiet.failure)).toEqual([]);
    const { found, failure } = needs ? await crowded(server, planted) : quiet;
    const kinds = kindsOf(found, failure);
    const all = JSON.stringify({ ...found, failure }, null, 1);
    if (!twofold.has(name)) expect(kinds, all).toHaveLength(1);
    if (unseen.has(name)) return expect(found.catalog).toEqual([]);
    if (kinds[0] === "structure") expect(found.catalog, all).not.toEqual([]);
    expectNamed(planted.names, [failure, ...found.catalog, ...found.rows, ...found.sequences]);
  });
});

forEachServer("planted right downs", (server) => {
  test.each(some(rightDowns))("%s", async (_, planted) => {
    const { found, failure } = await alone(server, planted, { facts: true });
    expect(failure).toBe("");
    expect(found).toEqual({ catalog: [], facts: [], raw: [], rows: [], sequences: [], rest: [] });

    const among = await crowded(server, planted);
    expect(among.failure).toBe("");
    expect([...among.found.catalog, ...among.found.rows]).toEqual([]);
    if (among.keyed > 0) expect([among.filled > 0, among.written > 0]).toEqual([true, true]);
  });
});
