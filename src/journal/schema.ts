// Owns: the journal's own schema in the target database, by version. Append a version, never edit one.

/**
 * SQL of each journal version, index 0 = version 1. Run in one transaction under an advisory lock.
 * `lease` always holds one row; its key changes with every new holder, so that a writer who holds
 * FOR KEY SHARE on the old key blocks a takeover, while heartbeats (which change no key) do not.
 */
export const journalSchema: readonly string[] = [
  `
CREATE SCHEMA IF NOT EXISTS belay;
COMMENT ON SCHEMA belay IS 'Journal of Belay (database migrations). Append-only; see belay.history.';

CREATE TABLE belay.journal_version (
  version int PRIMARY KEY,
  installed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE belay.lease (
  token bigint PRIMARY KEY,
  run uuid,
  holder text,
  backend_pid int,
  backend_start timestamptz,
  acquired_at timestamptz,
  expires_at timestamptz NOT NULL
);
INSERT INTO belay.lease (token, expires_at) VALUES (0, 'epoch');

CREATE TABLE belay.record (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  run uuid NOT NULL,
  kind text NOT NULL,
  version text,
  body json NOT NULL
);

CREATE TABLE belay.catalog (
  fingerprint text PRIMARY KEY,
  recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  content text NOT NULL
);

CREATE VIEW belay.history AS
  SELECT seq, at, kind, version,
         body ->> 'name' AS name,
         body ->> 'direction' AS direction,
         body ->> 'verdict' AS verdict,
         coalesce(body ->> 'outcome', body ->> 'error', body ->> 'command') AS note,
         run
    FROM belay.record
   ORDER BY seq;
`,
  // Plans are large, and every run reads all records: what only a way back needs stands apart.
  "ALTER TABLE belay.record ADD COLUMN detail json;",
  // What is kept for an undo window: an older program would take a finalized migration for one that
  // can be taken back.
  `
CREATE TABLE belay.conflict (
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  transaction xid8 NOT NULL DEFAULT pg_current_xact_id(),
  -- Eight hexadecimal digits: the statement whose rows were captured.
  shelf text NOT NULL,
  -- The table, for people.
  target text NOT NULL,
  -- By column; the row's key now, or that of the row that could not come back. Null: no row.
  key jsonb,
  -- The cells in question; null: the whole row.
  columns text[],
  -- By column: as the migration left them, as they were before it, as they are now. Null: no row.
  base jsonb,
  theirs jsonb,
  ours jsonb,
  -- What was done about it: kept newer | restored | parked; of a constraint, in words.
  resolution text NOT NULL,
  -- changed since | deleted since | key taken | unique value taken | referenced | the server's error.
  why text
);
COMMENT ON TABLE belay.conflict IS 'Rows on which a rollback and later writes did not agree.';
`,
  // Not the same row as the run's: while somebody watches, others may still change the database.
  `
CREATE TABLE belay.watch_lease (LIKE belay.lease INCLUDING ALL);
INSERT INTO belay.watch_lease (token, expires_at) VALUES (0, 'epoch');
`,
];
