// Proofs of the kinds that attach and detach partitions.

import { proveKind } from "../kinds-harness.ts";

const parent =
  "CREATE TABLE m (id int, k int NOT NULL, v text) PARTITION BY LIST (k); CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1); CREATE TABLE m2 (id int, k int NOT NULL, v text); INSERT INTO m2 VALUES (1, 2, 'x'); ";
const rows = "SELECT * FROM m2";

proveKind("attach-partition", [
  { sql: "ALTER TABLE m ATTACH PARTITION m2 FOR VALUES IN (2)", before: parent, rows },
  {
    sql: "ALTER TABLE m ATTACH PARTITION m2 DEFAULT",
    before: `${parent}CREATE INDEX ON m (v); CREATE INDEX mine ON m2 (v); ALTER TABLE m ADD UNIQUE (id, k)`,
    rows,
  },
  {
    sql: "ALTER TABLE m ATTACH PARTITION m2 FOR VALUES IN (2)",
    before: `${parent}CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1); ALTER TABLE m ADD FOREIGN KEY (id) REFERENCES t`,
    rows,
  },
  {
    sql: "ALTER TABLE m ATTACH PARTITION m2 FOR VALUES IN (2)",
    before: `${parent}ALTER TABLE m2 ALTER id SET NOT NULL; ALTER TABLE m ADD PRIMARY KEY (id, k)`,
    rows,
  },
  {
    sql: "ALTER TABLE m ATTACH PARTITION m2 FOR VALUES IN (2)",
    before: `${parent}CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TRIGGER g AFTER INSERT ON m FOR EACH ROW EXECUTE FUNCTION f()`,
    rows,
  },
  {
    sql: "ALTER INDEX i ATTACH PARTITION i1",
    before: `${parent}CREATE INDEX i ON ONLY m (v); CREATE INDEX i1 ON m1 (v)`,
    verdict: "lossy",
    losses: ["index i1: ?"],
  },
]);

const attached = `${parent}ALTER TABLE m ATTACH PARTITION m2 FOR VALUES IN (2, 3); `;

proveKind("detach-partition", [
  { sql: "ALTER TABLE m DETACH PARTITION m2", before: attached, rows },
  {
    sql: "ALTER TABLE m DETACH PARTITION m2",
    before: `CREATE INDEX z ON m2 (v); `.replace("CREATE", `${attached}CREATE`),
    rows,
  },
  {
    sql: "ALTER TABLE m DETACH PARTITION m2",
    before: `${attached}CREATE INDEX i ON m (v); ALTER TABLE m ADD PRIMARY KEY (id, k); CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1); ALTER TABLE m ADD FOREIGN KEY (id) REFERENCES t`,
    rows,
  },
  { sql: "ALTER TABLE m DETACH PARTITION m2 CONCURRENTLY", before: attached, rows },
]);
