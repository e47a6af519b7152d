// Owns: which database the use cases work on, and that it is up: the URL given, or the embedded
// PostgreSQL, started for as long as somebody uses it.

import { join } from "node:path";
import type { Dialect, Session } from "../dialects/dialect.ts";
import { postgres } from "../dialects/postgres/dialect.ts";
import { openEmbedded } from "../dialects/postgres/embedded.ts";
import type { Settings } from "./settings.ts";

export interface Target {
  dialect: Dialect;
  url: string;
  /** True when it is Belay's own embedded server. */
  embedded: boolean;
  close(): Promise<void>;
  /** Closes, and deletes the embedded server's data; nothing more than `close` for others. */
  destroy(): Promise<void>;
}

/** Throws BELAY_EMBEDDED_*; the database itself is connected to later. */
export async function openTarget(settings: Settings): Promise<Target> {
  const dialect = settings.through?.(postgres) ?? postgres;
  if (settings.databaseUrl !== undefined) {
    const url = settings.databaseUrl;
    return {
      dialect,
      url,
      embedded: false,
      close: async () => {},
      destroy: async () => {},
    };
  }
  const server = await openEmbedded({
    dir: join(settings.projectDir, ".belay"),
    environment: settings.environment,
  });
  return {
    dialect,
    url: server.url(),
    embedded: true,
    close: () => server.close(),
    destroy: () => server.destroy(),
  };
}

/** A session that only looks. */
export async function withSession<T>(
  settings: Settings,
  look: (session: Session, target: Target) => Promise<T>,
): Promise<T> {
  const target = await openTarget(settings);
  try {
    const session = await target.dialect.connect({
      url: target.url,
      applicationName: "belay",
    });
    try {
      return await look(session, target);
    } finally {
      await session.close();
    }
  } finally {
    await target.close();
  }
}
