// Owns: the shape of a demo scenario, and its stage: a throw-away project on the embedded server,
// where real commands run and print what they always print.

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { openTarget } from "../../app/target.ts";
import type { Environment } from "../../core/environment.ts";
import { BelayError, messageOf } from "../../core/errors.ts";
import type { Session } from "../../dialects/dialect.ts";
import type { Context } from "../command.ts";
import { type Application, openApplication, type Work } from "./application.ts";

/** A server, for those who do more than write to it. */
export interface Place {
  environment: Environment;
  /** Of the database, for a superuser. */
  url: string;
  /** Somebody else's session, to the database unless another URL is given; the place closes it. */
  connect(applicationName: string, url?: string): Promise<Session>;
}

export interface Stage {
  /** A paragraph of the story. */
  say(text: string): void;
  /** Writes a file of the project, and shows it; a bare name is that of a migration. */
  write(name: string, sql: string): Promise<void>;
  /** Runs `belay <words>` for real; returns its exit status. */
  belay(...words: string[]): Promise<number>;
  /** Runs SQL as the application would; returns its rows. */
  sql<T extends Record<string, unknown>>(sql: string): Promise<T[]>;
  place: Place;
  /** Goes on writing, in as many sessions, until it is closed. */
  application(work: Work, sessions?: number): Promise<Application>;
}

export interface Scenario {
  name: string;
  /** One line. */
  summary: string;
  play(stage: Stage): Promise<void>;
}

export async function playOnStage(scenario: Scenario, context: Context): Promise<void> {
  const { output } = context;
  const { paint } = output;
  const projectDir = await mkdtemp(join(tmpdir(), "belay-demo-")).catch((cause: unknown) => {
    throw new BelayError("BELAY_CONFIG", `No temporary folder for the demo: ${messageOf(cause)}`, {
      ...{ cause, state: "Nothing was begun." },
      hint: "Set TMPDIR to a folder that you may write to.",
    });
  });
  const settings = { ...context.settings, projectDir, dir: "migrations" };
  delete settings.databaseUrl;
  const opened: Session[] = [];
  // Held for the whole story, so that the server is started once and each command joins it.
  const target = await openTarget(settings);
  try {
    const connect: Place["connect"] = async (applicationName, url = target.url) => {
      const one = await target.dialect.connect({ url, applicationName });
      opened.push(one);
      return one;
    };
    const application = await connect("shop");
    await scenario.play({
      say(text) {
        output.line();
        output.line(paint.cyan(text));
      },
      async write(name, sql) {
        const file = name.endsWith(".json") ? name : `migrations/${name}`;
        const path = join(projectDir, file);
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, sql);
        output.line(paint.dim(`  -- ${file}`));
        for (const line of sql.trimEnd().split("\n")) output.line(paint.dim(`  ${line}`));
      },
      belay(...words) {
        output.line(`${paint.bold(`$ belay ${words.join(" ")}`)}`);
        return context.belay([...words, "--project", projectDir, "--database-url", ""]);
      },
      sql: (sql) => application.query(sql),
      place: { environment: settings.environment, url: target.url, connect },
      async application(work, sessions = 1) {
        const own = await Promise.all(Array.from({ length: sessions }, () => connect("shop")));
        return openApplication(own, settings.environment, work);
      },
    });
  } finally {
    for (const session of opened) await session.close();
    await target.destroy();
    await rm(projectDir, { recursive: true, force: true });
  }
}
