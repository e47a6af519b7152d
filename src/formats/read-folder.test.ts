import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { BelayError } from "../core/errors.ts";
import { read, refusal, tree, withFolder } from "./fixtures/folder.ts";
import { readMigrations, readTree } from "./read-folder.ts";

test("a folder that is not there, or is a file", async () => {
  await withFolder({ file: "" }, async (dir) => {
    for (const name of ["nothing", "file"]) {
      const thrown = await readTree(join(dir, name)).catch((error: unknown) => error);
      expect(thrown).toBeInstanceOf(BelayError);
      expect(thrown).toMatchObject({
        code: "BELAY_DIR_MISSING",
        exit: 64,
        at: join(dir, name),
        state: "The database was not touched.",
        hint: expect.stringContaining("--dir"),
      });
    }
  });
});

test("paths are sorted by code point, dotfiles and node_modules left out", async () => {
  const { files, others } = await tree({
    "\u{1F9D7}.sql": "",
    "\uFF5A.sql": "",
    "b.sql": "",
    "a/z.sql": "",
    "B.SQL": "",
    ".hidden.sql": "",
    ".git/x.sql": "",
    "node_modules/x/x.sql": "",
    "photo.png": Uint8Array.of(0x89, 0x50, 0xff),
  });
  expect([...files.keys()]).toEqual(["B.SQL", "a/z.sql", "b.sql", "\uFF5A.sql", "\u{1F9D7}.sql"]);
  expect(others).toEqual(["photo.png"]);
});

test("a BOM is taken off, line ends stay, and neither changes the checksum", async () => {
  const first = await read({ "1_a.up.sql": "SELECT 1;\nSELECT 2;\n" });
  const second = await read({ "1_a.up.sql": "\uFEFFSELECT 1;\r\nSELECT 2;\r\n" });
  expect(second.migrations[0]?.up.sql).toBe("SELECT 1;\r\nSELECT 2;\r\n");
  expect(second.migrations[0]?.checksum).toBe(first.migrations[0]?.checksum);
});

test("a marker behind a BOM is at the start of its line", async () => {
  const { format } = await read({ "1_a.sql": "\uFEFF-- migrate:up\nSELECT 1;\n-- migrate:down\n" });
  expect(format).toBe("dbmate");
});

test.each([
  ["latin1", Buffer.from("SELECT 1;\n-- gr\xF6\xDFe", "latin1"), 2, "byte 15 is 0xf6"],
  ["a cut-off character", Buffer.from("x\u8868").subarray(0, 3), 1, "byte 1 is 0xe8"],
  ["a replacement character before", Buffer.from("\uFFFD\xFF", "latin1"), 1, "is 0xfd"],
  ["a NUL", Buffer.from("SELECT 1;\n\0"), 2, "byte 10 is 0x00"],
  ["UTF-16 without BOM", Buffer.from("SELECT 1;", "utf16le"), 1, "byte 1 is 0x00"],
  ["UTF-16LE", Buffer.from("\uFEFFSELECT 1;", "utf16le"), 1, "is UTF-16"],
  ["UTF-16BE", Buffer.from("\uFEFFSELECT 1;", "utf16le").swap16(), 1, "is UTF-16"],
])("%s is refused", async (_, bytes, line, message) => {
  const said = await refusal({ "1_a.up.sql": bytes });
  expect(said).toMatchObject({ code: "BELAY_FILE_ENCODING", at: `1_a.up.sql:${line}` });
  expect(said.message).toContain(message);
});

test("links are followed, loops end, and a link to nothing is not passed over", async () => {
  await withFolder({ "real/1_a.up.sql": "SELECT 1;", "dir/keep": "" }, async (dir) => {
    await symlink(join(dir, "real/1_a.up.sql"), join(dir, "dir/1_a.up.sql"));
    await symlink(dir, join(dir, "dir/loop"));
    const { migrations } = await readMigrations(join(dir, "dir"));
    expect(migrations).toHaveLength(1);
    await symlink(join(dir, "gone"), join(dir, "dir/2_b.up.sql"));
    await expect(readTree(join(dir, "dir"))).rejects.toMatchObject({
      code: "BELAY_DIR_MISSING",
      at: join(dir, "dir/2_b.up.sql"),
    });
  });
});

test.skipIf(process.getuid?.() === 0)("a file that may not be read (not as root)", async () => {
  await withFolder({ "1_a.up.sql": "SELECT 1;" }, async (dir) => {
    await chmod(join(dir, "1_a.up.sql"), 0);
    await expect(readTree(dir)).rejects.toMatchObject({ at: join(dir, "1_a.up.sql") });
  });
});

test("the user's spelling of the folder is in every path", async () => {
  await withFolder({}, async (dir) => {
    await mkdir(join(dir, "db"));
    await writeFile(join(dir, "db/1_a.up.sql"), "SELECT 1;");
    for (const root of [`${dir}/db`, `${dir}/db/`, `${dir}/./db`]) {
      const { migrations } = await readMigrations(root);
      expect(migrations[0]?.up.path).toBe(join(dir, "db/1_a.up.sql"));
    }
  });
});

const line = "INSERT INTO t VALUES (1, 'some text that makes a dump as long as dumps are');\n";
const huge = line.repeat(Math.ceil((5 << 20) / line.length));

test.each([
  ["golang-migrate", "1_a.up.sql", huge],
  ["sqlx", "1_a.sql", huge],
  ["diesel", "1_a/up.sql", huge],
  ["flyway", "V1__a.sql", huge],
  ["dbmate", "1_a.sql", `-- migrate:up\n${huge}-- migrate:down\n`],
  ["goose", "1_a.sql", `-- +goose Up\n${huge}-- +goose Down\n`],
  ["golang-migrate", "1_blank.up.sql", "\n".repeat(5 << 20)],
  ["goose", "1_blank.sql", `${"\n \t".repeat(5 << 18)}\n-- +goose Up\n${"--\n".repeat(1 << 20)}`],
  ["dbmate", "1_many.sql", "-- migrate:up\n;\n-- migrate:down\n;\n".repeat(20_000)],
  ["flyway", "V1__dollars.sql", `SELECT '${"$".repeat(5 << 20)}';`],
])("%s reads %s of 5 MB", async (format, path, content) => {
  await withFolder({ [path]: content }, async (dir) => {
    // Reading that takes the square of the size would run into the test's own time limit.
    const folder = await readMigrations(dir);
    expect(folder.format.name).toBe(format);
  });
});
