// Bad input and odd input: each has its result or its error code, and on an error the database is
// as it was, without even a journal in it.

import { expect, test } from "vitest";
import { createBelay } from "../src/index.ts";
import { createProject } from "./support/project.ts";
import { createDatabase, forEachServer } from "./support/servers.ts";

interface Bad {
  name: string;
  files: Record<string, string | Buffer>;
  code: string;
  /** Of `at`. */
  at?: RegExp;
  message?: RegExp;
}

const up = (content: string | Buffer) => ({
  "1_first.up.sql": "CREATE TABLE first (a int);",
  "2_x.up.sql": content,
});

const bad: Bad[] = [
  {
    name: "broken SQL",
    files: up("CREATE TABLE a (a int);\nCREATE TABEL b (a int);"),
    code: "BELAY_SQL_SYNTAX",
    at: /2_x\.up\.sql:2:8$/,
    message: /TABEL/,
  },
  {
    name: "an unclosed string",
    files: up("INSERT INTO first VALUES ('x);"),
    code: "BELAY_SQL_SYNTAX",
    at: /:1/,
  },
  {
    name: "an unclosed dollar quote",
    files: up("DO $a$ BEGIN END $b$;"),
    code: "BELAY_SQL_SYNTAX",
  },
  {
    name: "an unclosed comment",
    files: up("/* /* */ CREATE TABLE a (a int);"),
    code: "BELAY_SQL_SYNTAX",
  },
  {
    name: "UTF-16",
    files: up(Buffer.from("\uFEFFCREATE TABLE a (a int);", "utf16le")),
    code: "BELAY_FILE_ENCODING",
  },
  {
    name: "Latin-1",
    files: up(Buffer.from("CREATE TABLE \xe9 (a int);", "latin1")),
    code: "BELAY_FILE_ENCODING",
  },
  { name: "a NUL byte", files: up("CREATE TABLE a\0 (a int);"), code: "BELAY_FILE_ENCODING" },
  {
    name: "duplicate versions",
    files: { ...up("SELECT 1;"), "2_y.up.sql": "SELECT 2;" },
    code: "BELAY_DUPLICATE_VERSION",
  },
  {
    name: "a down without an up",
    files: { ...up("SELECT 1;"), "3_y.down.sql": "SELECT 2;" },
    code: "BELAY_FILE_SECTION",
  },
  {
    name: "ROLLBACK in the file",
    files: up("CREATE TABLE a (a int); ROLLBACK;"),
    code: "BELAY_SQL_TRANSACTION",
    at: /:1$/,
  },
  { name: "SAVEPOINT in the file", files: up("SAVEPOINT a;"), code: "BELAY_SQL_TRANSACTION" },
  {
    name: "BEGIN without COMMIT",
    files: up("BEGIN; CREATE TABLE a (a int);"),
    code: "BELAY_SQL_TRANSACTION",
  },
  {
    name: "COMMIT without BEGIN",
    files: up("CREATE TABLE a (a int); COMMIT;"),
    code: "BELAY_SQL_TRANSACTION",
  },
  {
    name: "CONCURRENTLY inside BEGIN",
    files: up("BEGIN; CREATE INDEX CONCURRENTLY i ON first (a); COMMIT;"),
    code: "BELAY_SQL_TRANSACTION",
  },
  {
    name: "a psql meta-command",
    files: up("CREATE TABLE a (a int);\n\\connect other\n"),
    code: "BELAY_SQL_PSQL",
    at: /:2/,
  },
  {
    name: "COPY without its end",
    files: up("COPY first FROM stdin;\n1\n2\n"),
    code: "BELAY_SQL_COPY",
  },
  {
    name: "Belay's own schema",
    files: up("DELETE FROM belay.record;"),
    code: "BELAY_SQL_RESERVED",
  },
];

forEachServer("hostile input", (server) => {
  test.each(bad)("$name is $code", async ({ files, code, at, message }) => {
    await using db = await createDatabase(server);
    await using project = await createProject(files);
    const belay = createBelay({ databaseUrl: db.url, projectDir: project.dir });
    const error = await belay.up().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code });
    const {
      message: said,
      at: place,
      state,
    } = error as { message: string; at?: string; state?: string };
    if (at) expect(place).toMatch(at);
    if (message) expect(said).toMatch(message);
    expect(state).toMatch(/not touched/);
    const left = await db.query("SELECT FROM pg_namespace WHERE nspname = 'belay'");
    expect(left).toHaveLength(0);
    const tables = await db.query("SELECT FROM pg_tables WHERE schemaname = 'public'");
    expect(tables).toHaveLength(0);
  });

  const odd: [string, string | Buffer, string[]][] = [
    ["an empty file", "", []],
    ["only comments", "-- nothing\n/* at /* all */ */\n", []],
    ["a BOM", Buffer.from("\uFEFFCREATE TABLE bom (a int);"), ["bom"]],
    [
      "CRLF",
      "CREATE TABLE a (\r\n  a int\r\n);\r\n-- c\r\nCREATE TABLE b (a int);\r\n",
      ["a", "b"],
    ],
    ["quoted names", `CREATE TABLE "a ""b"" ; c" (" ;x" int);`, [`a "b" ; c`]],
    ["unicode names", "CREATE TABLE größe_表 (ñ int); CREATE INDEX ON größe_表 (ñ);", ["größe_表"]],
    ["reserved names", `CREATE TABLE "select" ("from" int, "order" text);`, ["select"]],
    ["nested comments", "/* a /* ; */ ; */ CREATE TABLE n (a int) /* ; */;", ["n"]],
    ["dollar quotes", "DO $x$ BEGIN EXECUTE $y$CREATE TABLE d (a int);$y$; END $x$;", ["d"]],
    [
      "semicolons in bodies",
      `CREATE TABLE f (a int);
       CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.a := 1; RETURN NEW; END; $$;
       CREATE FUNCTION h(x int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT x; SELECT x + 1; END;
       CREATE TRIGGER t BEFORE INSERT ON f FOR EACH ROW EXECUTE FUNCTION g();`,
      ["f"],
    ],
    [
      "BEGIN and COMMIT",
      "BEGIN;\nCREATE TABLE a (a int);\nCOMMIT;\nBEGIN; CREATE TABLE b (a int); COMMIT;",
      ["a", "b"],
    ],
    [
      "inline COPY data",
      "CREATE TABLE c (a int, b text);\nCOPY c FROM stdin;\n1\tone;\n2\t\\N\n\\.\nCREATE TABLE e (a int);\n",
      ["c", "e"],
    ],
    [
      "throwing away what the session has prepared",
      "CREATE TABLE k (a int);\nDEALLOCATE ALL;\nPREPARE q AS SELECT 1;\nDEALLOCATE PREPARE q;\nCREATE TABLE l (a int);",
      ["k", "l"],
    ],
    ["throwing away all of the session", "DISCARD ALL", []],
    [
      "what pg_dump writes",
      "\\restrict abc\nSET lock_timeout = 0;\nSELECT pg_catalog.set_config('search_path', '', false);\nSET check_function_bodies = false;\nCREATE TABLE public.p (a int);\nALTER TABLE public.p OWNER TO CURRENT_USER;\nALTER TABLE ONLY public.p ADD CONSTRAINT p_pkey PRIMARY KEY (a);\n\\unrestrict abc\n",
      ["p"],
    ],
  ];

  test.each(odd)("%s works, and goes back", async (_name, content, tables) => {
    await using db = await createDatabase(server);
    await using project = await createProject(up(content));
    const belay = createBelay({ databaseUrl: db.url, projectDir: project.dir });
    const { error, verified } = await belay.up();
    expect(error?.toJSON()).toBeUndefined();
    expect(verified).toBe(true);
    const names = async () =>
      (
        await db.query<{ tablename: string }>(
          "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
        )
      )
        .map((row) => row.tablename)
        .filter((each) => each !== "first");
    expect(await names()).toEqual([...tables].sort());
    const back = await belay.down({ acceptLoss: true });
    expect(back.error?.toJSON()).toBeUndefined();
    expect(back.verified).toBe(true);
    expect(await names()).toEqual([]);
  });

  test("a file of 5 MB", async () => {
    await using db = await createDatabase(server);
    const row = `('${"x".repeat(1_000)}')`;
    const values = Array.from({ length: 5_000 }, () => row).join(",\n");
    await using project = await createProject(
      up(`CREATE TABLE big (a text);\nINSERT INTO big VALUES\n${values};`),
    );
    const belay = createBelay({ databaseUrl: db.url, projectDir: project.dir });
    const { error } = await belay.up();
    expect(error?.toJSON()).toBeUndefined();
    const [count] = await db.query<{ n: string }>("SELECT count(*) AS n FROM big");
    expect(count?.n).toBe("5000");
  });

  test("an error at run time names the file's line and leaves nothing of the migration", async () => {
    await using db = await createDatabase(server);
    await using project = await createProject(
      up("-- first line\nCREATE TABLE a (a int);\n\nINSERT INTO a\n  VALUES (1, 2);\n"),
    );
    const belay = createBelay({ databaseUrl: db.url, projectDir: project.dir });
    const { error, applied } = await belay.up();
    expect(error).toMatchObject({ code: "BELAY_STATEMENT", exit: 2 });
    expect(error?.at).toMatch(/2_x\.up\.sql:[45]$/);
    expect(applied.map(({ version }) => version)).toEqual(["1"]);
    expect(await db.query("SELECT FROM pg_tables WHERE tablename = 'a'")).toHaveLength(0);
  });
});
