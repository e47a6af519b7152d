// Owns: the options that every command takes.

import type { Option } from "./command.ts";

export const globalOptions: readonly Option[] = [
  {
    flags: "--database-url <url>",
    summary: "database (default: DATABASE_URL, config, embedded PostgreSQL)",
  },
  { flags: "--dir <folder>", summary: "migrations folder (default: config, else migrations)" },
  { flags: "--format <name>", summary: "format of the folder (default: detected)" },
  {
    flags: "--project <folder>",
    summary: "project folder, with belay.config.* (default: this one)",
  },
  { flags: "--lock-timeout <time>", summary: "longest wait for one lock (default 500ms)" },
  { flags: "--lock-budget <time>", summary: "total time for lock attempts of a step (default 1m)" },
  { flags: "--statement-timeout <time>", summary: "longest time for one statement (default none)" },
  { flags: "--json", summary: "one JSON document on stdout, everything else on stderr" },
  { flags: "--yes", summary: "answer yes to every question" },
  { flags: "--no-color", summary: "no colours" },
];
