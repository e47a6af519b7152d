import { expect, test } from "vitest";
import { format } from "./diesel.ts";
import { read, refusal, tree } from "./fixtures/folder.ts";

test("reads folders, in the order of versions without dashes", async () => {
  const { format: name, migrations } = await read({
    "2022-04-26-153628_b_c/up.sql": "SELECT 2;",
    "2022-04-26-153628_b_c/down.sql": "SELECT -2;",
    "20220101000000_a/up.sql": "SELECT 1;",
    "00000000000000_diesel_initial_setup/up.sql": "SELECT 0;",
    "2022-04-26-153628-0001_d/up.sql": "SELECT 3;",
    ".diesel_lock": "",
  });
  expect(name).toBe("diesel");
  expect(migrations.map(({ version, name }) => [version, name])).toEqual([
    ["00000000000000", "diesel_initial_setup"],
    ["20220101000000", "a"],
    ["2022-04-26-153628", "b_c"],
    ["2022-04-26-153628-0001", "d"],
  ]);
  expect(migrations[2]?.down?.path).toBe("2022-04-26-153628_b_c/down.sql");
});

test("versions that differ by dashes only are the same", async () => {
  const files = { "2022-01-01-000000_a/up.sql": "", "20220101000000_b/up.sql": "" };
  expect(await refusal(files)).toMatchObject({ code: "BELAY_DUPLICATE_VERSION" });
  expect(format.compare("2022-01-01-000000", "20220101000000")).toBe(0);
});

test.each([
  ["run_in_transaction = false\n", "none"],
  ["# run_in_transaction = false\nrun_in_transaction=true # yes\r\n", "auto"],
  // diesel deserializes a missing setting to Rust's default.
  ["# nothing set\n", "none"],
])("metadata.toml %j gives %s to both directions", async (metadata, transaction) => {
  const { migrations } = await read({
    "1_a/up.sql": "SELECT 1;",
    "1_a/down.sql": "SELECT 2;",
    "1_a/metadata.toml": metadata,
  });
  expect(migrations).toMatchObject([{ up: { transaction }, down: { transaction } }]);
});

test("refuses what is not a boolean, a folder without version, a down without up", async () => {
  const up = { "1_a/up.sql": "SELECT 1;" };
  expect(
    await refusal({ ...up, "1_a/metadata.toml": "\nrun_in_transaction = maybe" }),
  ).toMatchObject({ code: "BELAY_FILE_SECTION", at: "1_a/metadata.toml:2" });
  expect(await refusal({ ...up, "_b/up.sql": "" })).toMatchObject({
    code: "BELAY_FILE_NAME",
    at: "_b/up.sql:1",
  });
  expect(await refusal({ ...up, "2_b/down.sql": "SELECT 1;" })).toMatchObject({
    code: "BELAY_FILE_SECTION",
    at: "2_b/down.sql:1",
  });
});

test("takes Belay's directive", async () => {
  const { migrations } = await read({ "1_a/up.sql": "-- belay:no-transaction\nSELECT 1;" });
  expect(migrations[0]?.up.transaction).toBe("none");
});

test("a new folder is named as diesel names it, or without dashes where none has them", async () => {
  const now = new Date("2026-02-03T04:05:06Z");
  const up = async (files: Record<string, string>) =>
    format.scaffold(await tree(files), "New Users", now)[0]?.path;
  expect(await up({})).toBe("2026-02-03-040506_new_users/up.sql");
  expect(await up({ "00000000000000_diesel_initial_setup/up.sql": "" })).toBe(
    "20260203040506_new_users/up.sql",
  );
  expect(await up({ "2025-01-01-000000-0000_a/up.sql": "" })).toBe(
    "2026-02-03-040506_new_users/up.sql",
  );
  expect(await up({ "2027-01-01-000000_a/up.sql": "" })).toBe("2027-01-01-000001_new_users/up.sql");
});
