// Owns: what tests of the undo window share: a project with its database, and a small application.

import { createBelay } from "../../src/index.ts";
import { createProject } from "./project.ts";
import { createDatabase, type TestServer } from "./servers.ts";

export async function world(server: TestServer, files: Record<string, string>) {
  const project = await createProject(files);
  const db = await createDatabase(server);
  const belay = createBelay({ databaseUrl: db.url, projectDir: project.dir });
  return { db, belay, project };
}

export const base = `
  CREATE TABLE org (id int PRIMARY KEY);
  CREATE TABLE users (id serial PRIMARY KEY, email text NOT NULL UNIQUE, nick text DEFAULT 'none',
    org int REFERENCES org, age int CHECK (age > 0));
  CREATE INDEX users_nick ON users (nick);
  CREATE TABLE audit (id serial PRIMARY KEY, user_id int REFERENCES users ON DELETE CASCADE, what text);
  CREATE VIEW seen AS SELECT user_id, what FROM audit;
  INSERT INTO org VALUES (1), (2);
  INSERT INTO users (email, nick, org, age) SELECT 'u' || i, 'n' || i, 1, i FROM generate_series(1, 5) i;
  INSERT INTO audit (user_id, what) SELECT i, 'w' || i FROM generate_series(1, 5) i;`;
