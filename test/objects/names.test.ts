// Renames, schemas, owners, comments, and dependence on extensions: of every type of object.

import { everything, named, nameless } from "./everything.ts";
import { proveUndo } from "./prove-undo.ts";

proveUndo("comment", [
  ...[...named, ...nameless].map(([words, name]) => ({
    before: everything,
    sql: `COMMENT ON ${words} ${name} IS 'it''s \\ new'`,
    undo: /IS (NULL|'text)/,
  })),
  ...[...named.slice(0, 3), ...nameless].map(([words, name]) => ({
    before: `${everything} COMMENT ON ${words} ${name} IS E'ol\\'d\\n\\\\x'`,
    sql: `COMMENT ON ${words} ${name} IS NULL`,
    undo: /IS E'ol''d\n\\\\x'/,
  })),
  { sql: "COMMENT ON ROLE pg_monitor IS 'x'" },
  { sql: "COMMENT ON TABLESPACE pg_default IS 'x'" },
]);

const renamed: Record<string, string> = {
  AGGREGATE: "aggregate",
  DOMAIN: "domain",
};

proveUndo("rename-object", [
  ...named.map(([words, name]) => ({
    before: everything,
    sql: `ALTER ${words} ${name} RENAME TO "ne w"`,
    change: `rename-${renamed[words] ?? (words === "SERVER" ? "server" : words.toLowerCase().replaceAll(" ", "-"))}`,
  })),
  {
    before: everything,
    sql: `ALTER TRIGGER "t r" ON "T é" RENAME TO "x ""on"" y"`,
    change: "rename-trigger",
  },
  {
    before: everything,
    sql: `ALTER POLICY "p o" ON "T é" RENAME TO "x on y"`,
    change: "rename-policy",
  },
  { before: everything, sql: `ALTER RULE "r u" ON "T é" RENAME TO x`, change: "rename-rule" },
  {
    before: everything,
    sql: `ALTER DOMAIN "d m" RENAME CONSTRAINT "d c on x" TO x`,
    change: "rename-domain-constraint",
  },
  {
    before: everything,
    sql: `ALTER TYPE "com p" RENAME ATTRIBUTE "a t" TO "user" CASCADE`,
    change: "rename-attribute",
  },
  {
    before: everything,
    sql: `ALTER VIEW IF EXISTS nope RENAME TO x`,
    change: "rename-view",
    undo: /^$/,
  },
]);

const schemaless = [
  "SCHEMA",
  "FOREIGN DATA WRAPPER",
  "SERVER",
  "EVENT TRIGGER",
  "PUBLICATION",
  "LANGUAGE",
];

proveUndo("set-object-schema", [
  ...named
    .filter(([words]) => !schemaless.includes(words))
    .map(([words, name]) => ({
      before: everything,
      sql: `ALTER ${words} ${name} SET SCHEMA "other é"`,
      change: `set-${words.toLowerCase().replaceAll(" ", "-")}-schema`,
    })),
  {
    before: everything,
    sql: `ALTER OPERATOR @#@ (int, int) SET SCHEMA "other é"`,
    change: "set-operator-schema",
  },
  {
    before: everything,
    sql: `ALTER EXTENSION pg_trgm SET SCHEMA "other é"`,
    change: "set-extension-schema",
  },
  {
    before: everything,
    sql: `ALTER FUNCTION one SET SCHEMA "S x"`,
    change: "set-function-schema",
    undo: /^$/,
  },
]);

proveUndo("depend-on-extension", [
  { before: everything, sql: `ALTER FUNCTION one(int) DEPENDS ON EXTENSION pg_trgm` },
  {
    before: `${everything} ALTER TRIGGER "t r" ON "T é" DEPENDS ON EXTENSION pg_trgm`,
    sql: `ALTER TRIGGER "t r" ON "T é" NO DEPENDS ON EXTENSION pg_trgm`,
  },
  {
    before: `${everything} ALTER INDEX "i x" DEPENDS ON EXTENSION pg_trgm`,
    sql: `ALTER INDEX "i x" DEPENDS ON EXTENSION pg_trgm`,
    undo: /^$/,
  },
  { before: everything, sql: `ALTER MATERIALIZED VIEW "m v" DEPENDS ON EXTENSION pg_trgm` },
]);
