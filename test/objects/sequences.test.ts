import { proveUndo } from "./prove-undo.ts";

const base = `CREATE SCHEMA "S x"; SET search_path = "S x", public; CREATE TABLE t (id serial PRIMARY KEY, "n o" bigint);
  CREATE SEQUENCE "s q" AS smallint INCREMENT -3 MINVALUE -900 MAXVALUE 77 START 7 CACHE 5 CYCLE OWNED BY t."n o"; SELECT nextval('"s q"'); SELECT nextval('t_id_seq');
  ALTER TABLE t ALTER "n o" SET DEFAULT nextval('"s q"'); COMMENT ON SEQUENCE "s q" IS 'q'; GRANT USAGE ON SEQUENCE "s q" TO PUBLIC; CREATE SEQUENCE free;`;
const rows = `SELECT last_value, is_called FROM "S x"."s q" UNION ALL SELECT last_value, is_called FROM "S x".t_id_seq UNION ALL SELECT last_value, is_called FROM "S x".free`;

proveUndo("create-sequence", [
  { before: base, sql: `CREATE SEQUENCE "new é" AS int START 5 OWNED BY t."n o"` },
  { before: base, sql: "CREATE SEQUENCE IF NOT EXISTS free", undo: /^$/ },
  { before: base, sql: "CREATE SEQUENCE public.free" },
  {
    before: base,
    sql: "CREATE TEMP SEQUENCE tmp",
    undo: /^$/,
    once: true,
    unlikeRaw: "temporary objects are the session's",
  },
]);

proveUndo("alter-sequence", [
  {
    before: base,
    sql: `ALTER SEQUENCE "s q" AS bigint INCREMENT BY 10 MINVALUE -5000 MAXVALUE 1000 START 3 CACHE 1 NO CYCLE`,
    rows,
  },
  { before: base, sql: `ALTER SEQUENCE "s q" RESTART`, rows, undo: /setval/ },
  { before: base, sql: `ALTER SEQUENCE "s q" RESTART WITH 5 INCREMENT 1`, rows },
  { before: base, sql: `ALTER SEQUENCE free RESTART 100 OWNED BY t.id`, rows },
  { before: base, sql: `ALTER SEQUENCE t_id_seq OWNED BY NONE`, rows, undo: /OWNED BY "S x".t.id/ },
  { before: base, sql: "ALTER SEQUENCE IF EXISTS nope RESTART", undo: /^$/ },
  {
    before: `${base} CREATE TABLE i (a int GENERATED ALWAYS AS IDENTITY)`,
    sql: "ALTER SEQUENCE i_a_seq INCREMENT 5 RESTART 9",
  },
]);

proveUndo(
  "drop-object",
  [
    { before: base, sql: `DROP SEQUENCE "s q" CASCADE`, rows },
    { before: base, sql: "DROP SEQUENCE t_id_seq CASCADE", rows },
    { before: `${base} SELECT setval('free', 12, false)`, sql: "DROP SEQUENCE free", rows },
    { before: base, sql: "DROP SEQUENCE IF EXISTS nope", undo: /^$/ },
    {
      before: `${base} CREATE VIEW v AS SELECT last_value FROM free; ALTER TABLE t OWNER TO pg_monitor; ALTER SEQUENCE free OWNER TO pg_read_all_data`,
      sql: "DROP SEQUENCE free, t_id_seq CASCADE",
      rows,
    },
    { before: "CREATE UNLOGGED SEQUENCE u", sql: "DROP SEQUENCE u", since: 15 },
  ],
  "drop-sequence",
);
