// Proofs of the kinds that change a table's constraints.

import { proveKind } from "../kinds-harness.ts";

const t = "CREATE TABLE t (id int PRIMARY KEY, a int, b int, r int4range); ";
const o = "CREATE TABLE o (id int, t int); ";
const parted =
  "CREATE TABLE m (id int, k int NOT NULL) PARTITION BY LIST (k); CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1); CREATE TABLE m2 PARTITION OF m FOR VALUES IN (2) PARTITION BY LIST (k); CREATE TABLE m21 PARTITION OF m2 DEFAULT; ";
const family = "CREATE TABLE p (id int, n int); CREATE TABLE c () INHERITS (p); ";

proveKind("add-check", [
  {
    sql: "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0)",
    before: t,
    undo: ['ALTER TABLE "public"."t" DROP CONSTRAINT "k"'],
  },
  {
    sql: "ALTER TABLE t ADD CHECK (a > 0)",
    before: t,
    undo: ['ALTER TABLE "public"."t" DROP CONSTRAINT "t_a_check"'],
  },
  {
    sql: "ALTER TABLE t ADD CHECK (a > 0)",
    before: `${t}ALTER TABLE t ADD CHECK (a < 100)`,
    undo: ['ALTER TABLE "public"."t" DROP CONSTRAINT "t_a_check1"'],
  },
  {
    sql: "ALTER TABLE t ADD CHECK (a > 0) NOT VALID, ADD CHECK (a > b), ADD CONSTRAINT z CHECK (b > 0)",
    before: t,
  },
  { sql: "ALTER TABLE t ADD COLUMN x int CHECK (x > 0), ADD CHECK (a > 0)", before: t },
  {
    sql: "ALTER TABLE p ADD CONSTRAINT k CHECK (n > 0)",
    before: `${family}ALTER TABLE c ADD CONSTRAINT k CHECK (n > 0)`,
  },
  { sql: "ALTER TABLE ONLY p ADD CONSTRAINT k CHECK (n > 0) NO INHERIT", before: family },
  { sql: "ALTER TABLE m ADD CHECK (id > 0)", before: parted },
  { sql: "ALTER TABLE t ADD CHECK (a > 0) NOT ENFORCED", before: t, since: 18 },
]);

proveKind("add-foreign-key", [
  { sql: "ALTER TABLE o ADD CONSTRAINT k FOREIGN KEY (t) REFERENCES t", before: t + o },
  {
    sql: "ALTER TABLE o ADD FOREIGN KEY (t) REFERENCES t ON DELETE CASCADE NOT VALID",
    before: t + o,
  },
  {
    sql: "ALTER TABLE o ADD FOREIGN KEY (t) REFERENCES t, ADD FOREIGN KEY (id) REFERENCES t DEFERRABLE",
    before: t + o,
  },
  { sql: "ALTER TABLE m ADD FOREIGN KEY (id) REFERENCES t", before: t + parted },
]);

proveKind("add-unique", [
  { sql: "ALTER TABLE t ADD UNIQUE (a, b)", before: t },
  {
    sql: "ALTER TABLE t ADD CONSTRAINT u UNIQUE NULLS NOT DISTINCT (a) INCLUDE (b) DEFERRABLE",
    before: t,
    since: 15,
  },
  {
    sql: "ALTER TABLE t ADD UNIQUE USING INDEX i",
    before: `${t}CREATE UNIQUE INDEX i ON t (a); COMMENT ON INDEX i IS 'i'`,
  },
  {
    sql: "ALTER TABLE t ADD CONSTRAINT u UNIQUE USING INDEX i DEFERRABLE",
    before: `${t}CREATE UNIQUE INDEX i ON t (a) WITH (fillfactor = 70)`,
  },
  { sql: "ALTER TABLE m ADD UNIQUE (id, k)", before: parted },
  {
    sql: "ALTER TABLE m ADD CONSTRAINT u UNIQUE (id, k)",
    before: `${parted}ALTER TABLE m1 ADD CONSTRAINT own UNIQUE (id, k); CREATE UNIQUE INDEX mine ON m21 (id, k)`,
  },
]);

proveKind("add-primary-key", [
  { sql: "ALTER TABLE o ADD PRIMARY KEY (id)", before: o },
  {
    sql: "ALTER TABLE o ADD CONSTRAINT pk PRIMARY KEY (id, t)",
    before: `${o}ALTER TABLE o ALTER t SET NOT NULL`,
  },
  {
    sql: "ALTER TABLE o ADD CONSTRAINT pk PRIMARY KEY USING INDEX i",
    before: `${o}CREATE UNIQUE INDEX i ON o (id, t)`,
  },
  { sql: "ALTER TABLE m ADD PRIMARY KEY (id, k)", before: parted },
  { sql: "ALTER TABLE p ADD PRIMARY KEY (id)", before: family },
]);

proveKind("add-exclusion", [
  { sql: "ALTER TABLE t ADD EXCLUDE USING gist (r WITH &&)", before: t },
  {
    sql: "ALTER TABLE t ADD CONSTRAINT x EXCLUDE USING gist (int4range(a, b) WITH &&) WHERE (a < b)",
    before: t,
  },
]);

proveKind("add-not-null", [
  { sql: "ALTER TABLE t ADD CONSTRAINT k NOT NULL a", before: t, since: 18 },
  { sql: "ALTER TABLE t ADD NOT NULL a NOT VALID", before: t, since: 18 },
  { sql: "ALTER TABLE p ADD CONSTRAINT k NOT NULL n", before: family, since: 18 },
]);

proveKind("validate-constraint", [
  {
    sql: "ALTER TABLE t VALIDATE CONSTRAINT k",
    before: `${t}ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0) NOT VALID; COMMENT ON CONSTRAINT k ON t IS 'k'`,
  },
  {
    sql: "ALTER TABLE o VALIDATE CONSTRAINT k",
    before: `${t + o}ALTER TABLE o ADD CONSTRAINT k FOREIGN KEY (t) REFERENCES t NOT VALID`,
  },
  {
    sql: "ALTER TABLE t VALIDATE CONSTRAINT k",
    before: `${t}ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0)`,
    undo: [],
  },
  {
    sql: "ALTER TABLE p VALIDATE CONSTRAINT k",
    before: `${family}ALTER TABLE p ADD CONSTRAINT k CHECK (n > 0) NOT VALID`,
  },
  {
    sql: "ALTER TABLE t VALIDATE CONSTRAINT k",
    before: `${t}ALTER TABLE t ADD CONSTRAINT k NOT NULL a NOT VALID`,
    since: 18,
  },
]);

proveKind("alter-constraint", [
  {
    sql: "ALTER TABLE o ALTER CONSTRAINT k DEFERRABLE INITIALLY DEFERRED",
    before: `${t + o}ALTER TABLE o ADD CONSTRAINT k FOREIGN KEY (t) REFERENCES t`,
  },
  {
    sql: "ALTER TABLE o ALTER CONSTRAINT k NOT DEFERRABLE",
    before: `${t + o}ALTER TABLE o ADD CONSTRAINT k FOREIGN KEY (t) REFERENCES t DEFERRABLE INITIALLY DEFERRED`,
  },
  {
    sql: "ALTER TABLE o ALTER CONSTRAINT k NOT ENFORCED",
    before: `${t + o}ALTER TABLE o ADD CONSTRAINT k FOREIGN KEY (t) REFERENCES t`,
    since: 18,
  },
  {
    sql: "ALTER TABLE t ALTER CONSTRAINT k NO INHERIT",
    before: `${t}ALTER TABLE t ADD CONSTRAINT k NOT NULL a`,
    since: 18,
  },
]);

proveKind("drop-constraint", [
  {
    sql: "ALTER TABLE t DROP CONSTRAINT k",
    before: `${t}ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0) NOT VALID; COMMENT ON CONSTRAINT k ON t IS 'k'`,
  },
  { sql: "ALTER TABLE t DROP CONSTRAINT IF EXISTS nothing", before: t, undo: [] },
  {
    sql: "ALTER TABLE t DROP CONSTRAINT t_pkey",
    before: `${t}ALTER TABLE t CLUSTER ON t_pkey; COMMENT ON INDEX t_pkey IS 'pk'; ALTER INDEX t_pkey SET (fillfactor = 50)`,
  },
  {
    sql: "ALTER TABLE t DROP CONSTRAINT u",
    before: `${t}ALTER TABLE t ALTER a SET NOT NULL; ALTER TABLE t ADD CONSTRAINT u UNIQUE (a) INCLUDE (b); ALTER TABLE t REPLICA IDENTITY USING INDEX u`,
  },
  {
    sql: "ALTER TABLE t DROP CONSTRAINT u",
    before: `${t}ALTER TABLE t ADD CONSTRAINT u UNIQUE (a, b) DEFERRABLE INITIALLY DEFERRED`,
  },
  {
    sql: "ALTER TABLE t DROP CONSTRAINT t_pkey CASCADE",
    before: `${t + o}ALTER TABLE o ADD CONSTRAINT k FOREIGN KEY (t) REFERENCES t ON DELETE SET NULL (t) NOT VALID; CREATE VIEW v AS SELECT id, a, count(*) FROM t GROUP BY id`,
    since: 15,
  },
  {
    sql: "ALTER TABLE o DROP CONSTRAINT k",
    before: `${t + o}ALTER TABLE o ADD CONSTRAINT k FOREIGN KEY (t) REFERENCES t MATCH FULL ON UPDATE CASCADE DEFERRABLE`,
  },
  {
    sql: "ALTER TABLE t DROP CONSTRAINT x",
    before: `${t}ALTER TABLE t ADD CONSTRAINT x EXCLUDE USING gist (r WITH &&) WHERE (a > 0)`,
  },
  {
    sql: "ALTER TABLE p DROP CONSTRAINT k",
    before: `${family}ALTER TABLE p ADD CONSTRAINT k CHECK (n > 0)`,
  },
  {
    sql: "ALTER TABLE m DROP CONSTRAINT pk",
    before: `${parted}ALTER TABLE m ADD CONSTRAINT pk PRIMARY KEY (id, k); ALTER INDEX m1_pkey RENAME TO other`,
  },
  {
    sql: "ALTER TABLE m DROP CONSTRAINT k",
    before: `${t + parted}ALTER TABLE m ADD CONSTRAINT k FOREIGN KEY (id) REFERENCES t`,
  },
  {
    sql: "ALTER TABLE t DROP CONSTRAINT k",
    before: `${t}ALTER TABLE t ADD CONSTRAINT k NOT NULL a; COMMENT ON CONSTRAINT k ON t IS 'k'`,
    since: 18,
  },
  {
    sql: "ALTER TABLE t DROP CONSTRAINT t_pkey, DROP CONSTRAINT k, ADD CONSTRAINT k CHECK (a > 1)",
    before: `${t}ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0)`,
  },
]);

proveKind("rename-constraint", [
  { sql: "ALTER TABLE t RENAME CONSTRAINT t_pkey TO pk", before: t },
  {
    sql: "ALTER TABLE p RENAME CONSTRAINT k TO kk",
    before: `${family}ALTER TABLE p ADD CONSTRAINT k CHECK (n > 0)`,
  },
  { sql: "ALTER TABLE IF EXISTS nobody RENAME CONSTRAINT a TO b", undo: [] },
]);
