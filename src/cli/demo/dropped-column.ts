// Owns: the story of the undo window: a column of a million rows is dropped, the application writes
// on, and everything is taken back.

import type { Scenario, Stage } from "./scenario.ts";

async function counts(stage: Stage): Promise<string> {
  const [row] = await stage.sql<Record<"users" | "nicks" | "sum", string>>(
    `SELECT count(*) AS users, count(nick) AS nicks, sum(hashtext(nick)) AS sum FROM users`,
  );
  return `${row?.users} users, ${row?.nicks} of them with a nick, checksum of all nicks ${row?.sum}`;
}

export const droppedColumn: Scenario = {
  name: "dropped-column",
  summary: "a column of a million rows is dropped, writes go on, and it comes back with its values",
  async play(stage) {
    stage.say("A table with a million users:");
    await stage.write(
      "0001_users.up.sql",
      `CREATE TABLE users (
  id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  nick text
);
CREATE INDEX users_nick ON users (nick);
`,
    );
    await stage.belay("up");
    await stage.sql(
      `INSERT INTO users (name, nick) SELECT 'user ' || n, 'nick ' || n FROM generate_series(1, 1000000) n`,
    );
    stage.say(`  ${await counts(stage)}`);

    stage.say("Nobody needs the nick any more. Or so it seems:");
    await stage.write("0002_no_nick.up.sql", "ALTER TABLE users DROP COLUMN nick;\n");
    await stage.belay("up");

    stage.say("The new version of the application writes: 1,000 new users, 1,000 renamed ones.");
    await stage.sql("INSERT INTO users (name) SELECT 'new ' || n FROM generate_series(1, 1000) n");
    await stage.sql("UPDATE users SET name = 'renamed ' || id WHERE id <= 1000");
    await stage.belay("status");

    stage.say("It was a mistake. No backup is restored, and no row is copied:");
    await stage.belay("down");
    const [row] = await stage.sql<{ renamed: string }>(
      "SELECT count(*) AS renamed FROM users WHERE name LIKE 'renamed %'",
    );
    stage.say(
      `  ${await counts(stage)}; ${row?.renamed} renamed.\nThe column, its index and its values are as they were, and nothing that was written since is lost.`,
    );

    stage.say("The other way: once all is well, the window ends, and the column is gone for good.");
    await stage.belay("up");
    await stage.belay("finalize", "--all");
  },
};
