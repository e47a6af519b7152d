// What is temporary is gone with its session: nothing to undo, in whichever statement.

import { proveUndo } from "./prove-undo.ts";

const before = `CREATE TEMP TABLE tt (id int, a text); CREATE TEMP VIEW tv AS SELECT 1 AS a; CREATE TEMP SEQUENCE ts; CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
  CREATE TRIGGER tr BEFORE INSERT ON tt FOR EACH ROW EXECUTE FUNCTION tf(); CREATE FUNCTION pg_temp.tmp() RETURNS int LANGUAGE sql AS 'SELECT 1';`;

const one = (sql: string, change: string) => [{ before, sql, change, undo: /^$/, once: true }];

proveUndo("create-view", one("CREATE TEMP VIEW x AS SELECT 1", "create-view"));
proveUndo("create-view", one("CREATE VIEW x AS SELECT * FROM tt", "create-view"));
proveUndo(
  "create-view",
  one("CREATE OR REPLACE TEMP VIEW tv AS SELECT 1 AS a, 2 AS b", "create-view"),
);
proveUndo(
  "create-function",
  one("CREATE FUNCTION pg_temp.f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'", "create-function"),
);
proveUndo(
  "create-trigger",
  one("CREATE TRIGGER x AFTER INSERT ON tt FOR EACH ROW EXECUTE FUNCTION tf()", "create-trigger"),
);
proveUndo("create-type", one("CREATE TYPE pg_temp.x AS ENUM ('a')", "create-type"));
proveUndo("drop-object", one("DROP VIEW tv", "drop-view"));
proveUndo("drop-object", one("DROP FUNCTION pg_temp.tmp()", "drop-function"));
proveUndo("drop-object", one("DROP TRIGGER tr ON tt", "drop-trigger"));
proveUndo("drop-object", one("DROP SEQUENCE ts", "drop-sequence"));
proveUndo("alter-sequence", one("ALTER SEQUENCE ts INCREMENT 5", "alter-sequence"));
proveUndo("comment", one("COMMENT ON COLUMN tt.a IS 'x'", "comment"));
proveUndo("grant", one("GRANT SELECT ON tt TO PUBLIC", "grant"));
proveUndo("rename-object", one("ALTER VIEW tv RENAME TO tw", "rename-view"));
