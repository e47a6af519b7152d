import { expect, test } from "vitest";
import { compareDigits, compareText, nextVersion, slug } from "./versions.ts";

test.each([
  ["2", "10", -1],
  ["002", "2", 0],
  ["0", "000", 0],
  ["9007199254740993", "9007199254740992", 1],
  ["99999999999999999999", "100000000000000000000", -1],
])("digits: %s against %s is %i", (left, right, order) => {
  expect(Math.sign(compareDigits(left, right))).toBe(order);
  expect(Math.sign(compareDigits(right, left))).toBe(order === 0 ? 0 : -order);
});

test("text is ordered by code point", () => {
  expect(["\u{1F9D7}", "\uFF5A", "b", "B"].sort(compareText)).toEqual([
    "B",
    "b",
    "\uFF5A",
    "\u{1F9D7}",
  ]);
});

test.each([
  [[], "20260203040506"],
  [["1"], "2"],
  [["0009", "0010"], "0011"],
  [["9", "10"], "11"],
  [["0099"], "0100"],
  [["999"], "1000"],
  [["20200101000000"], "20260203040506"],
  [["00000000000000"], "20260203040506"],
  [["20270101000000"], "20270101000001"],
  [["20260203040506"], "20260203040507"],
  [["202001010000"], "202602030405"],
  [["20200101"], "20260203"],
  [["12345678"], "12345679"],
  [["2020010100"], "2026020304"],
  [["1510262030"], "1770091506"],
  [["1510262030123"], "1770091506789"],
  [["20200101000000000"], "20260203040506789"],
  [["1510262030123456789"], "1770091506789000000"],
])("after %j comes %s", (versions, next) => {
  expect(nextVersion(versions, new Date("2026-02-03T04:05:06.789Z"))).toBe(next);
});

test.each([
  ["Add users' e-mail", "add_users_e_mail"],
  ["addUsersTable2Rows", "add_users_table2_rows"],
  ["../../etc/passwd", "etc_passwd"],
  ["  Größe ändern ", "größe_ändern"],
  ["Gro\u0308\u00DFe", "größe"],
  ["テーブル 追加", "テーブル_追加"],
  ["a.up.sql", "a_up_sql"],
])("the slug of %j is %s", (title, expected) => {
  expect(slug(title)).toBe(expected);
});

test("a slug fits in a file name, and a title without letters is refused", () => {
  expect(Buffer.byteLength(slug("𝒳".repeat(500)))).toBeLessThan(220);
  expect(() => slug("--- ///")).toThrow("has no letter or digit");
});
