// Owns: right downs of migrations of tables as a whole: renames, schemas, privileges, triggers,
// policies, rules, options, inheritance, partitions, what is published, the database.

import type { Planted } from "./planted.ts";

const files = `CREATE TABLE files (id int PRIMARY KEY, owner text, body text);
  INSERT INTO files VALUES (1, 'ann', 'a'), (2, NULL, NULL), (3, 'bo', '');`;

const touch = `${files} CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql
  AS $$ BEGIN RETURN coalesce(new, old); END $$;`;

const parted = `CREATE TABLE events (id int NOT NULL, day date NOT NULL, PRIMARY KEY (id, day))
    PARTITION BY RANGE (day);
  CREATE TABLE events_old PARTITION OF events FOR VALUES FROM ('2020-01-01') TO ('2024-01-01');
  CREATE TABLE events_new PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
  ALTER TABLE events_new ADD CONSTRAINT events_new_day
    CHECK (day >= '2024-01-01' AND day < '2025-01-01');
  INSERT INTO events VALUES (1, '2023-05-05'), (2, '2024-05-05');`;

const right = (name: string, before: string, up: string, down: string): Planted => ({
  ...{ name, before, up, down },
  names: [],
});

export const rightTables: Planted[] = [
  right(
    "tables of the up are dropped in one statement",
    files,
    `CREATE TABLE tags (id serial PRIMARY KEY, tag text UNIQUE);
      CREATE TABLE file_tags (file int REFERENCES files, tag int REFERENCES tags,
        PRIMARY KEY (file, tag));
      CREATE VIEW tagged AS SELECT f.file, t.tag FROM file_tags f JOIN tags t ON t.id = f.tag`,
    "DROP TABLE IF EXISTS tags, file_tags CASCADE",
  ),
  right(
    "a table with its index, key and sequence is renamed back",
    `CREATE TABLE users (id serial PRIMARY KEY, name varchar(40));
      CREATE INDEX users_name ON users (name);
      INSERT INTO users (name) VALUES ('ann'), (NULL)`,
    `ALTER TABLE users RENAME TO people; ALTER SEQUENCE users_id_seq RENAME TO people_id_seq;
      ALTER INDEX users_pkey RENAME TO people_pkey; ALTER INDEX users_name RENAME TO people_name`,
    `ALTER TABLE people_name RENAME TO users_name; ALTER TABLE people_id_seq RENAME TO users_id_seq;
      ALTER TABLE people RENAME CONSTRAINT people_pkey TO users_pkey;
      ALTER TABLE people RENAME TO users`,
  ),
  right(
    "two tables swap their names twice",
    `CREATE TABLE red (id int PRIMARY KEY, r int); CREATE TABLE blue (id int PRIMARY KEY, b text);
      INSERT INTO red VALUES (1, 2); INSERT INTO blue VALUES (1, 'x')`,
    "ALTER TABLE red RENAME TO x; ALTER TABLE blue RENAME TO red; ALTER TABLE x RENAME TO blue",
    "ALTER TABLE red RENAME TO y; ALTER TABLE blue RENAME TO red; ALTER TABLE y RENAME TO blue",
  ),
  right(
    "a table is moved back from a schema, which goes",
    files,
    "CREATE SCHEMA archive; ALTER TABLE files SET SCHEMA archive",
    "ALTER TABLE archive.files SET SCHEMA public; DROP SCHEMA IF EXISTS archive RESTRICT",
  ),
  right(
    "a schema with everything in it is dropped",
    files,
    `CREATE SCHEMA reporting; CREATE TYPE reporting.kind AS ENUM ('a'); CREATE SEQUENCE reporting.s;
      CREATE TABLE reporting.t (id int DEFAULT nextval('reporting.s'), kind reporting.kind,
        file int REFERENCES public.files);
      CREATE FUNCTION reporting.f() RETURNS int LANGUAGE sql AS 'SELECT 1'`,
    "DROP SCHEMA reporting CASCADE",
  ),
  right(
    "the head of the file sets what only the session keeps",
    files,
    `SET lock_timeout = '5s'; SET statement_timeout = 0; SET client_min_messages = warning;
      ALTER TABLE files ADD COLUMN size bigint`,
    `SET search_path = public, pg_catalog; SET TIME ZONE 'Asia/Tokyo';
      ALTER TABLE files DROP COLUMN size`,
  ),
  right(
    "grants are given back in another order",
    `${files} GRANT SELECT, INSERT, UPDATE (body) ON files TO pg_monitor;
      GRANT SELECT ON files TO PUBLIC`,
    "REVOKE ALL ON files FROM PUBLIC, pg_monitor; GRANT DELETE ON files TO pg_monitor",
    `REVOKE DELETE ON TABLE files FROM pg_monitor; GRANT SELECT ON TABLE files TO PUBLIC;
      GRANT UPDATE (body) ON files TO pg_monitor; GRANT INSERT ON files TO pg_monitor;
      GRANT SELECT ON files TO pg_monitor`,
  ),
  right(
    "grants of the up are revoked, and the privileges read as the default",
    `${files} CREATE SEQUENCE counter`,
    `GRANT ALL ON files TO PUBLIC; GRANT SELECT (owner) ON files TO pg_monitor;
      GRANT USAGE ON SEQUENCE counter TO pg_monitor; GRANT CREATE ON SCHEMA public TO pg_monitor`,
    `REVOKE ALL ON SCHEMA public FROM pg_monitor; REVOKE ALL ON SEQUENCE counter FROM pg_monitor;
      REVOKE SELECT (owner) ON files FROM pg_monitor; REVOKE ALL PRIVILEGES ON files FROM PUBLIC`,
  ),
  right(
    "default privileges are given back",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO pg_monitor",
    `ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM pg_monitor;
      ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC`,
    `ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON ROUTINES TO PUBLIC;
      ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO pg_monitor`,
  ),
  right(
    "a table has another owner for a while",
    files,
    "ALTER TABLE files OWNER TO pg_monitor",
    "ALTER TABLE files OWNER TO SESSION_USER",
  ),
  right(
    "comments come back, one of them as none",
    `${files} COMMENT ON TABLE files IS 'up''loads'; COMMENT ON COLUMN files.body IS E'a\\nb'`,
    `COMMENT ON TABLE files IS 'x'; COMMENT ON COLUMN files.body IS NULL;
      COMMENT ON COLUMN files.owner IS 'y'; COMMENT ON CONSTRAINT files_pkey ON files IS 'z'`,
    `COMMENT ON CONSTRAINT files_pkey ON files IS ''; COMMENT ON COLUMN files.owner IS NULL;
      COMMENT ON COLUMN public.files.body IS 'a
b'; COMMENT ON TABLE files IS $c$up'loads$c$`,
  ),
  right(
    "storage parameters come back in another order",
    `${files} ALTER TABLE files SET (fillfactor = 70, autovacuum_enabled = off)`,
    `ALTER TABLE files RESET (fillfactor, autovacuum_enabled);
      ALTER TABLE files SET (toast.autovacuum_enabled = off)`,
    `ALTER TABLE files SET (autovacuum_enabled = off);
      ALTER TABLE files RESET (toast.autovacuum_enabled), SET (fillfactor = 70)`,
  ),
  right(
    "a table is unlogged for a while",
    files,
    "ALTER TABLE files SET UNLOGGED",
    "ALTER TABLE files SET LOGGED",
  ),
  right(
    "the replica identity and the clustering are put back",
    `${files} ALTER TABLE files CLUSTER ON files_pkey`,
    "ALTER TABLE files REPLICA IDENTITY FULL, SET WITHOUT CLUSTER",
    "ALTER TABLE files CLUSTER ON files_pkey, REPLICA IDENTITY DEFAULT",
  ),
  right(
    "a trigger comes back in another spelling",
    `${touch} CREATE TRIGGER files_touch BEFORE UPDATE OF body OR INSERT ON files FOR EACH ROW
      WHEN (new.body IS DISTINCT FROM 'x') EXECUTE FUNCTION touch();
      ALTER TABLE files ENABLE ALWAYS TRIGGER files_touch`,
    "DROP TRIGGER files_touch ON files",
    `CREATE OR REPLACE TRIGGER files_touch BEFORE INSERT OR UPDATE OF body ON public.files FOR ROW
      WHEN ((new.body IS DISTINCT FROM 'x'::text)) EXECUTE PROCEDURE public.touch();
      ALTER TABLE files ENABLE ALWAYS TRIGGER files_touch`,
  ),
  right(
    "triggers are disabled for a while",
    `${touch} CREATE TRIGGER files_touch BEFORE UPDATE ON files FOR EACH ROW EXECUTE FUNCTION
        touch()`,
    "ALTER TABLE files DISABLE TRIGGER USER",
    "ALTER TABLE files ENABLE TRIGGER ALL",
  ),
  right(
    "a trigger goes with the function it calls",
    files,
    `CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;
      CREATE TRIGGER files_note AFTER INSERT ON files FOR EACH ROW EXECUTE FUNCTION note()`,
    "DROP FUNCTION note() CASCADE",
  ),
  right(
    "a trigger has another name for a while",
    `${touch} CREATE TRIGGER files_touch BEFORE DELETE ON files FOR EACH ROW EXECUTE FUNCTION
        touch();
      COMMENT ON TRIGGER files_touch ON files IS 't'`,
    "ALTER TRIGGER files_touch ON files RENAME TO a_files_touch",
    "ALTER TRIGGER a_files_touch ON files RENAME TO files_touch",
  ),
  right(
    "row security goes, with its policies",
    files,
    `ALTER TABLE files ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
      CREATE POLICY files_own ON files USING (owner = current_user)`,
    `DROP POLICY IF EXISTS files_own ON files;
      ALTER TABLE files NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY`,
  ),
  right(
    "a policy comes back by ALTER and by CREATE",
    `${files} CREATE POLICY a ON files FOR UPDATE TO pg_monitor USING (id > 0) WITH CHECK (id > 1);
      CREATE POLICY b ON files FOR ALL TO PUBLIC USING (owner IN ('x', 'y'))`,
    "ALTER POLICY a ON files TO PUBLIC USING (true) WITH CHECK (true); DROP POLICY b ON files",
    `CREATE POLICY b ON files AS PERMISSIVE USING (owner = ANY (ARRAY['x', 'y']));
      ALTER POLICY a ON files TO pg_monitor USING ((id > 0)) WITH CHECK (id > 1)`,
  ),
  right(
    "a rule comes back with OR REPLACE",
    `${files} CREATE RULE keep AS ON DELETE TO files WHERE old.id = -1 DO INSTEAD NOTHING`,
    "DROP RULE keep ON files",
    `CREATE OR REPLACE RULE keep AS ON DELETE TO files WHERE (old.id = '-1'::integer) DO INSTEAD
        NOTHING`,
  ),
  right(
    "inheritance among columns of one's own is put back",
    `CREATE TABLE vehicles (id int, wheels int); CREATE TABLE bikes (id int, wheels int, gears int);
      ALTER TABLE bikes INHERIT vehicles; INSERT INTO bikes VALUES (1, 2, 3)`,
    "ALTER TABLE bikes NO INHERIT vehicles",
    "ALTER TABLE bikes INHERIT public.vehicles",
  ),
  right(
    "a partition is detached for a while",
    parted,
    "ALTER TABLE events DETACH PARTITION events_new",
    `ALTER TABLE events ATTACH PARTITION events_new
      FOR VALUES FROM (date '2024-01-01') TO (date '2024-12-31' + 1)`,
  ),
  right(
    "a partition is detached CONCURRENTLY and the check of the server goes",
    parted,
    "ALTER TABLE events DETACH PARTITION events_old CONCURRENTLY",
    `ALTER TABLE events ATTACH PARTITION events_old FOR VALUES FROM ('2020-01-01') TO
        ('2024-01-01');
      ALTER TABLE events_old DROP CONSTRAINT events_old_day_check`,
  ),
  right(
    "a table that was made a partition stands alone again",
    `${parted} CREATE TABLE events_2030 (id int NOT NULL, day date NOT NULL,
        CONSTRAINT events_2030_pkey PRIMARY KEY (id, day),
        CHECK (day >= '2030-01-01' AND day < '2031-01-01'));
      INSERT INTO events_2030 VALUES (3, '2030-05-05')`,
    `ALTER TABLE events ATTACH PARTITION events_2030 FOR VALUES FROM ('2030-01-01') TO
        ('2031-01-01')`,
    "ALTER TABLE events DETACH PARTITION events_2030",
  ),
  right(
    "rows of a partition of the up go back to the default one",
    `CREATE TABLE visits (id int NOT NULL, day date NOT NULL) PARTITION BY RANGE (day);
      CREATE TABLE visits_old PARTITION OF visits FOR VALUES FROM (MINVALUE) TO ('2024-01-01');
      CREATE TABLE visits_rest PARTITION OF visits DEFAULT;
      INSERT INTO visits VALUES (1, '2023-01-01'), (2, '2024-02-02'), (3, '2025-03-03')`,
    `ALTER TABLE visits DETACH PARTITION visits_rest;
      CREATE TABLE visits_2024 PARTITION OF visits FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
      WITH moved AS (DELETE FROM visits_rest WHERE day >= '2024-01-01' AND day < '2025-01-01'
        RETURNING *)
        INSERT INTO visits_2024 SELECT * FROM moved;
      ALTER TABLE visits ATTACH PARTITION visits_rest DEFAULT`,
    `ALTER TABLE visits DETACH PARTITION visits_2024;
      INSERT INTO visits TABLE visits_2024; DROP TABLE visits_2024`,
  ),
  right(
    "an index on a partitioned table is built from its parts",
    `${parted} CREATE INDEX events_day ON events (day)`,
    "DROP INDEX events_day",
    `CREATE INDEX events_day ON ONLY events (day);
      CREATE INDEX events_old_day_idx ON events_old (day);
      ALTER INDEX events_day ATTACH PARTITION events_old_day_idx;
      CREATE INDEX events_new_day_idx ON events_new USING btree (day);
      ALTER INDEX events_day ATTACH PARTITION events_new_day_idx`,
  ),
  right(
    "a publication goes, and one has its table back",
    `${files} CREATE PUBLICATION feed FOR TABLE files (id,
        owner) WHERE (id > 0) WITH (publish = 'insert')`,
    `ALTER PUBLICATION feed DROP TABLE files; CREATE PUBLICATION more FOR ALL TABLES;
      ALTER PUBLICATION feed SET (publish = 'insert, delete')`,
    `ALTER PUBLICATION feed SET (publish = 'insert', publish_via_partition_root = false);
      DROP PUBLICATION more; ALTER PUBLICATION feed ADD TABLE public.files (owner,
        id) WHERE ((id > 0))`,
  ),
  right(
    "extended statistics come back with their kinds in another order",
    `${files} CREATE STATISTICS pair (mcv, dependencies) ON id, owner FROM files;
      ALTER STATISTICS pair SET STATISTICS 300; COMMENT ON STATISTICS pair IS 's'`,
    "DROP STATISTICS pair; CREATE STATISTICS pair ON owner, body FROM files",
    `DROP STATISTICS IF EXISTS pair; CREATE STATISTICS public.pair (dependencies, mcv) ON owner,
        id FROM files;
      COMMENT ON STATISTICS pair IS 's'; ALTER STATISTICS pair SET STATISTICS 300`,
  ),
  right(
    "a setting of the database goes, and one comes back",
    `DO $$ BEGIN
        EXECUTE format('ALTER DATABASE %I SET work_mem = ''8MB''', current_database());
      END $$`,
    `DO $$ BEGIN
        EXECUTE format('ALTER DATABASE %I SET statement_timeout = ''61s''', current_database());
        EXECUTE format('ALTER DATABASE %I RESET work_mem', current_database());
      END $$`,
    `DO $$ DECLARE name text := quote_ident(current_database()); BEGIN
        EXECUTE 'ALTER DATABASE ' || name || ' SET work_mem TO ''8MB''';
        EXECUTE 'ALTER DATABASE ' || name || ' SET statement_timeout TO DEFAULT';
      END $$`,
  ),
  right(
    "a temporary table helps to put rows in order",
    files,
    `ALTER TABLE files ADD COLUMN kind text DEFAULT 'file';
      CREATE INDEX files_kind ON files (kind)`,
    `CREATE TEMP TABLE helper AS SELECT id FROM files; DROP TABLE helper;
      DROP INDEX files_kind; ALTER TABLE files DROP kind`,
  ),
];
