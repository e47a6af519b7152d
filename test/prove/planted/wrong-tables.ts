// Owns: downs that leave a table other than it was, its columns, indexes and constraints apart:
// privileges, triggers, policies, rules, options, inheritance, partitions, what is published of it.

import type { Planted } from "./planted.ts";

const files = `CREATE TABLE files (id int PRIMARY KEY, owner text, body text);
  INSERT INTO files VALUES (1, 'ann', 'a'), (2, NULL, NULL), (3, 'bo', '');`;

const touch = `${files} CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql
  AS $$ BEGIN RETURN coalesce(new, old); END $$;`;

/** Before, with a trigger `files_touch` as given; the up makes it a plain one. */
const trigger = (definition: string, more = ""): Pick<Planted, "before" | "up"> => ({
  before: `${touch} CREATE TRIGGER files_touch ${definition}; ${more}`,
  up: `DROP TRIGGER files_touch ON files; CREATE TRIGGER files_other
    AFTER INSERT ON files FOR EACH STATEMENT EXECUTE FUNCTION touch()`,
});

const putTrigger = (definition: string) =>
  `DROP TRIGGER files_other ON files; CREATE TRIGGER files_touch ${definition}`;

const usual = "BEFORE UPDATE ON files FOR EACH ROW EXECUTE FUNCTION touch()";
const touched = ["files", "trigger files_touch"];

const policy = `${files} ALTER TABLE files ENABLE ROW LEVEL SECURITY;
  CREATE POLICY files_own ON files AS RESTRICTIVE FOR SELECT TO pg_monitor USING (owner = 'ann');`;

const putPolicy = (definition: string) =>
  `DROP POLICY files_all ON files; CREATE POLICY files_own ON files ${definition}`;

const openPolicy = `DROP POLICY files_own ON files; CREATE POLICY files_all ON files USING (true)`;

const parted = `CREATE TABLE events (id int NOT NULL, day date NOT NULL) PARTITION BY RANGE (day);
  CREATE TABLE events_old PARTITION OF events FOR VALUES FROM ('2020-01-01') TO ('2024-01-01');
  CREATE TABLE events_new PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
  ALTER TABLE events_new ADD CONSTRAINT events_new_day
    CHECK (day >= '2024-01-01' AND day < '2025-01-01');
  INSERT INTO events VALUES (1, '2023-05-05'), (2, '2024-05-05');`;

const family = `CREATE TABLE vehicles (id int, wheels int);
  CREATE TABLE bikes (gears int) INHERITS (vehicles); INSERT INTO bikes VALUES (1, 2, 3);`;

const rebuildCaches = `CREATE TEMP TABLE kept AS SELECT key, value FROM caches;
  DROP TABLE caches; CREATE TABLE caches (key int PRIMARY KEY, value text);
  INSERT INTO caches SELECT * FROM kept; DROP TABLE kept`;

export const wrongTables: Planted[] = [
  {
    name: "a grant on a table is forgotten",
    before: `${files} GRANT SELECT, INSERT ON files TO pg_monitor`,
    up: "REVOKE ALL ON files FROM pg_monitor",
    down: "GRANT SELECT ON files TO pg_monitor",
    names: ["files", "acl", "pg_monitor"],
  },
  {
    name: "a grant comes back without its grant option",
    before: `${files} GRANT SELECT ON files TO pg_monitor WITH GRANT OPTION`,
    up: "REVOKE ALL ON files FROM pg_monitor",
    down: "GRANT SELECT ON files TO pg_monitor",
    names: ["files", "acl", "pg_monitor"],
  },
  {
    name: "a grant of the up is left",
    before: files,
    up: "GRANT SELECT ON files TO PUBLIC; CREATE INDEX files_owner ON files (id)",
    down: "DROP INDEX files_owner",
    names: ["files", "acl"],
  },
  {
    name: "a grant on a column is forgotten",
    before: `${files} GRANT SELECT (owner), UPDATE (body) ON files TO pg_monitor`,
    up: "REVOKE ALL ON files FROM pg_monitor",
    down: "GRANT SELECT (owner) ON files TO pg_monitor",
    names: ["files", "column body", "pg_monitor"],
  },
  {
    name: "grants are lost when a table is made again",
    before: `CREATE TABLE caches (key int PRIMARY KEY, value text);
      GRANT SELECT ON caches TO PUBLIC`,
    up: "ALTER TABLE caches ADD COLUMN size bigint",
    down: rebuildCaches,
    names: ["caches", "acl"],
  },
  {
    name: "a comment on a table is emptied",
    before: `${files} COMMENT ON TABLE files IS 'uploads'`,
    up: "COMMENT ON TABLE files IS 'uploads and attachments'",
    down: "COMMENT ON TABLE files IS NULL",
    names: ["files", "comment", "uploads"],
  },
  {
    name: "a table keeps its new owner",
    before: files,
    up: "ALTER TABLE files OWNER TO pg_monitor; ALTER TABLE files ADD COLUMN size bigint",
    down: "ALTER TABLE files DROP COLUMN size",
    names: ["files", "owner", "pg_monitor"],
  },
  {
    name: "a table keeps its new name",
    before: files,
    up: "ALTER TABLE files RENAME TO uploads; ALTER TABLE uploads ADD COLUMN size bigint",
    down: "ALTER TABLE uploads DROP COLUMN size",
    names: ["uploads"],
  },
  {
    name: "a table stays in its new schema",
    before: `${files} CREATE SCHEMA archive`,
    up: "ALTER TABLE files SET SCHEMA archive; CREATE VIEW files AS SELECT * FROM archive.files",
    down: "DROP VIEW files",
    names: ["archive.files"],
  },
  {
    name: "a trigger is forgotten",
    ...trigger(usual),
    down: "DROP TRIGGER files_other ON files",
    names: touched,
  },
  {
    name: "a trigger that fires always comes back as a plain one",
    ...trigger(usual, "ALTER TABLE files ENABLE ALWAYS TRIGGER files_touch"),
    down: putTrigger(usual),
    names: [...touched, "always"],
  },
  {
    name: "a disabled trigger comes back enabled",
    ...trigger(usual, "ALTER TABLE files DISABLE TRIGGER files_touch"),
    down: putTrigger(usual),
    names: [...touched, "disabled"],
  },
  {
    name: "ENABLE TRIGGER ALL wakes one that was disabled",
    before: `${touch} CREATE TRIGGER files_touch ${usual};
      ALTER TABLE files DISABLE TRIGGER files_touch`,
    up: "ALTER TABLE files DISABLE TRIGGER ALL",
    down: "ALTER TABLE files ENABLE TRIGGER ALL",
    names: [...touched, "disabled"],
  },
  {
    name: "a trigger stays disabled",
    before: `${touch} CREATE TRIGGER files_touch ${usual}`,
    up: "ALTER TABLE files DISABLE TRIGGER files_touch, ADD COLUMN size bigint",
    down: "ALTER TABLE files DROP COLUMN size",
    names: [...touched, "disabled"],
  },
  {
    name: "a trigger comes back with fewer events",
    ...trigger("BEFORE INSERT OR UPDATE OR DELETE ON files FOR EACH ROW EXECUTE FUNCTION touch()"),
    down: putTrigger("BEFORE INSERT OR UPDATE ON files FOR EACH ROW EXECUTE FUNCTION touch()"),
    names: [...touched, "delete"],
  },
  {
    name: "a trigger comes back without its WHEN",
    ...trigger(`BEFORE UPDATE ON files FOR EACH ROW
      WHEN (old.body IS DISTINCT FROM new.body) EXECUTE FUNCTION touch()`),
    down: putTrigger(usual),
    names: [...touched, "when"],
  },
  {
    name: "a trigger comes back for all columns",
    ...trigger("BEFORE UPDATE OF body ON files FOR EACH ROW EXECUTE FUNCTION touch()"),
    down: putTrigger(usual),
    names: [...touched, "body"],
  },
  {
    name: "a trigger comes back with another timing",
    ...trigger(usual),
    down: putTrigger("AFTER UPDATE ON files FOR EACH ROW EXECUTE FUNCTION touch()"),
    names: [...touched, "after"],
  },
  {
    name: "a trigger comes back for each statement",
    ...trigger("AFTER DELETE ON files FOR EACH ROW EXECUTE FUNCTION touch()"),
    down: putTrigger("AFTER DELETE ON files FOR EACH STATEMENT EXECUTE FUNCTION touch()"),
    names: [...touched, "for each"],
  },
  {
    name: "a trigger comes back without its arguments",
    ...trigger("BEFORE UPDATE ON files FOR EACH ROW EXECUTE FUNCTION touch('body', 'size')"),
    down: putTrigger("BEFORE UPDATE ON files FOR EACH ROW EXECUTE FUNCTION touch('body')"),
    names: [...touched, "size"],
  },
  {
    name: "a constraint trigger comes back as a plain one",
    before: `${touch} CREATE CONSTRAINT TRIGGER files_touch AFTER UPDATE ON files
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION touch()`,
    up: "DROP TRIGGER files_touch ON files",
    down: "CREATE TRIGGER files_touch AFTER UPDATE ON files FOR EACH ROW EXECUTE FUNCTION touch()",
    names: [...touched, "deferrable"],
  },
  {
    name: "the comment on a trigger is lost when it is made again",
    ...trigger(usual, "COMMENT ON TRIGGER files_touch ON files IS 'keeps the index fresh'"),
    down: putTrigger(usual),
    names: [...touched, "fresh"],
  },
  {
    name: "the comment on a constraint trigger's constraint is lost",
    before: `${touch} CREATE CONSTRAINT TRIGGER files_touch AFTER UPDATE ON files
        FOR EACH ROW EXECUTE FUNCTION touch();
      COMMENT ON CONSTRAINT files_touch ON files IS 'see the handbook'`,
    up: "COMMENT ON CONSTRAINT files_touch ON files IS 'see the wiki'",
    down: "COMMENT ON CONSTRAINT files_touch ON files IS NULL",
    names: ["files", "files_touch"],
  },
  {
    name: "a policy is forgotten",
    before: policy,
    up: openPolicy,
    down: "DROP POLICY files_all ON files",
    names: ["files", "policy files_own"],
  },
  {
    name: "a policy comes back with another USING",
    before: policy,
    up: openPolicy,
    down: putPolicy(
      "AS RESTRICTIVE FOR SELECT TO pg_monitor USING (owner = 'ann' OR owner IS NULL)",
    ),
    names: ["files", "policy files_own", "using"],
  },
  {
    name: "a policy comes back for everybody",
    before: policy,
    up: openPolicy,
    down: putPolicy("AS RESTRICTIVE FOR SELECT USING (owner = 'ann')"),
    names: ["files", "policy files_own", "public"],
  },
  {
    name: "a policy comes back for all commands",
    before: policy,
    up: openPolicy,
    down: putPolicy("AS RESTRICTIVE TO pg_monitor USING (owner = 'ann')"),
    names: ["files", "policy files_own", "for all"],
  },
  {
    name: "a restrictive policy comes back permissive",
    before: policy,
    up: openPolicy,
    down: putPolicy("FOR SELECT TO pg_monitor USING (owner = 'ann')"),
    names: ["files", "policy files_own", "restrictive"],
  },
  {
    name: "a policy comes back without its WITH CHECK",
    before: `${files} CREATE POLICY files_own ON files USING (owner = 'ann') WITH CHECK (id > 0)`,
    up: openPolicy,
    down: putPolicy("USING (owner = 'ann')"),
    names: ["files", "policy files_own", "with check"],
  },
  {
    name: "row security stays off",
    before: policy,
    up: `${openPolicy}; ALTER TABLE files DISABLE ROW LEVEL SECURITY`,
    down: putPolicy("AS RESTRICTIVE FOR SELECT TO pg_monitor USING (owner = 'ann')"),
    names: ["files", "row security"],
  },
  {
    name: "row security is no longer forced on the owner",
    before: `${policy} ALTER TABLE files FORCE ROW LEVEL SECURITY`,
    up: "ALTER TABLE files DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY",
    down: "ALTER TABLE files ENABLE ROW LEVEL SECURITY",
    names: ["files", "row security", "forced"],
  },
  {
    name: "a fill factor is reset",
    before: `${files} ALTER TABLE files SET (fillfactor = 70)`,
    up: "ALTER TABLE files SET (fillfactor = 90)",
    down: "ALTER TABLE files RESET (fillfactor)",
    names: ["files", "fillfactor"],
  },
  {
    name: "one of two storage parameters is forgotten",
    before: `${files} ALTER TABLE files SET
      (autovacuum_vacuum_scale_factor = 0.01, autovacuum_enabled = false)`,
    up: "ALTER TABLE files RESET (autovacuum_vacuum_scale_factor, autovacuum_enabled)",
    down: "ALTER TABLE files SET (autovacuum_vacuum_scale_factor = 0.01)",
    names: ["files", "autovacuum_enabled"],
  },
  {
    name: "a storage parameter of the TOAST table is left",
    before: files,
    up: "ALTER TABLE files SET (toast.autovacuum_enabled = false, fillfactor = 50)",
    down: "ALTER TABLE files RESET (fillfactor)",
    names: ["files", "autovacuum_enabled"],
  },
  {
    name: "a table stays unlogged",
    before: files,
    up: "ALTER TABLE files SET UNLOGGED; UPDATE files SET body = body",
    down: "SELECT count(*) FROM files",
    names: ["files", "unlogged"],
  },
  {
    name: "an unlogged table comes back logged",
    before: "CREATE UNLOGGED TABLE caches (key int PRIMARY KEY, value text)",
    up: "ALTER TABLE caches ADD COLUMN size bigint",
    down: rebuildCaches,
    names: ["caches", "unlogged"],
  },
  {
    name: "the replica identity is forgotten",
    before: `${files} ALTER TABLE files REPLICA IDENTITY FULL`,
    up: "ALTER TABLE files REPLICA IDENTITY DEFAULT",
    down: "ALTER TABLE files REPLICA IDENTITY NOTHING",
    names: ["files", "replica identity"],
  },
  {
    name: "inheritance is forgotten",
    before: family,
    up: "ALTER TABLE bikes NO INHERIT vehicles; ALTER TABLE bikes ADD COLUMN bell boolean",
    down: "ALTER TABLE bikes DROP COLUMN bell",
    names: ["bikes", "vehicles"],
  },
  {
    name: "inherited columns come back as the child's own",
    before: family,
    up: "ALTER TABLE bikes NO INHERIT vehicles",
    down: "ALTER TABLE bikes INHERIT vehicles",
    names: ["bikes", "column wheels", "inherited and local"],
  },
  {
    name: "a partition stays detached",
    before: parted,
    up: "ALTER TABLE events DETACH PARTITION events_new; ALTER TABLE events ADD COLUMN kind text",
    down: "ALTER TABLE events DROP COLUMN kind",
    names: ["events_new", "partition"],
  },
  {
    name: "a partition comes back with a wider bound",
    before: parted,
    up: "ALTER TABLE events DETACH PARTITION events_new",
    down: `ALTER TABLE events ATTACH PARTITION events_new
      FOR VALUES FROM ('2024-01-01') TO ('2026-01-01')`,
    names: ["events_new", "partition bound"],
  },
  {
    name: "a partition comes back as the default one",
    before: parted,
    up: "ALTER TABLE events DETACH PARTITION events_new",
    down: "ALTER TABLE events ATTACH PARTITION events_new DEFAULT",
    names: ["events_new", "partition bound", "default"],
  },
  {
    name: "an empty partition of the up is left",
    before: parted,
    up: `CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO
        ('2026-01-01');
      CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO
        ('2027-01-01')`,
    down: "DROP TABLE events_2025",
    names: ["events_2026"],
  },
  {
    name: "a rule is forgotten",
    before: `${files} CREATE RULE files_keep AS ON DELETE TO files WHERE old.id = 1 DO INSTEAD
        NOTHING`,
    up: "DROP RULE files_keep ON files; ALTER TABLE files ADD COLUMN kept boolean",
    down: "ALTER TABLE files DROP COLUMN kept",
    names: ["files", "rule files_keep"],
  },
  {
    name: "a disabled rule comes back enabled",
    before: `${files} CREATE RULE files_keep AS ON DELETE TO files WHERE old.id = 1 DO INSTEAD
        NOTHING;
      ALTER TABLE files DISABLE RULE files_keep`,
    up: "DROP RULE files_keep ON files",
    down: "CREATE RULE files_keep AS ON DELETE TO files WHERE old.id = 1 DO INSTEAD NOTHING",
    names: ["files", "rule files_keep", "disabled"],
  },
  {
    name: "a table is no longer published",
    before: `${files} CREATE PUBLICATION feed FOR TABLE files`,
    up: "ALTER PUBLICATION feed DROP TABLE files; ALTER TABLE files ADD COLUMN size bigint",
    down: "ALTER TABLE files DROP COLUMN size",
    names: ["publication feed", "files"],
  },
  {
    name: "a table is published without its row filter",
    before: `${files} CREATE PUBLICATION feed FOR TABLE files WHERE (id > 0) WITH (publish =
        'insert')`,
    up: "ALTER PUBLICATION feed DROP TABLE files",
    down: "ALTER PUBLICATION feed ADD TABLE files",
    names: ["publication feed", "files", "where"],
  },
  {
    name: "a table is published with all its columns",
    before: `${files} CREATE PUBLICATION feed FOR TABLE files (id, owner)`,
    up: "DROP PUBLICATION feed",
    down: "CREATE PUBLICATION feed FOR TABLE files",
    names: ["publication feed", "files", "columns"],
  },
  {
    name: "extended statistics are forgotten",
    before: `${files} CREATE STATISTICS files_pair (dependencies) ON id, owner FROM files`,
    up: `DROP STATISTICS files_pair; CREATE STATISTICS files_more (ndistinct) ON id,
        body FROM files`,
    down: "DROP STATISTICS files_more",
    names: ["files_pair"],
  },
  {
    name: "extended statistics come back of another kind",
    before: `${files} CREATE STATISTICS files_pair (dependencies, mcv) ON id, owner FROM files`,
    up: "DROP STATISTICS files_pair",
    down: "CREATE STATISTICS files_pair (dependencies) ON id, owner FROM files",
    names: ["files_pair", "mcv"],
  },
  {
    name: "the target of extended statistics is lost",
    before: `${files} CREATE STATISTICS files_pair ON id, owner FROM files;
      ALTER STATISTICS files_pair SET STATISTICS 300`,
    up: "DROP STATISTICS files_pair",
    down: "CREATE STATISTICS files_pair ON id, owner FROM files",
    names: ["files_pair", "target"],
  },
];
