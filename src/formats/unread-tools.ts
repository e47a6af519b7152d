// Owns: by what one tells the folders of other tools from plain numbered SQL. To take them for it
// would run a way back along with the way there, or run files in another order than the tool.

import type { Tree } from "./format.ts";

/** Comment lines that cut one file into directions. */
const sectionMarkers: readonly { tool: string; line: RegExp }[] = [
  { tool: "dbmate", line: /^--[ \t]*migrate:(?:up|down)(?=\s|$)/ },
  { tool: "goose", line: /^--[ \t]*\+goose[ \t]/ },
  { tool: "sql-migrate", line: /^--[ \t]*\+migrate[ \t]/ },
  { tool: "node-pg-migrate", line: /^[ \t]*--[- \t]*(?:up|down) migration\b/i },
  { tool: "Liquibase", line: /^--[ \t]*(?:liquibase formatted sql|(?:changeset|rollback)[ \t])/i },
  { tool: "Atlas", line: /^-- atlas:txtar/ },
];

/** Files that only one tool writes. */
const companions: readonly { tool: string; path: RegExp }[] = [
  { tool: "Drizzle", path: /^meta\/_journal\.json$/ },
  { tool: "Prisma", path: /^migration_lock\.toml$/ },
  { tool: "Prisma or Drizzle", path: /^[^/]+\/migration\.sql$/ },
  { tool: "Atlas", path: /^atlas\.sum$/ },
  { tool: "Sqitch", path: /^sqitch\.plan$/ },
  { tool: "Liquibase", path: /^(?:db\.)?changelog[^/]*\.(?:xml|ya?ml|json)$/i },
  { tool: "Knex, Kysely or another JavaScript runner", path: /^\d+[-_][^/]*\.[cm]?[jt]s$/ },
  { tool: "Rails", path: /^\d+_[^/]*\.rb$/ },
  { tool: "Django or Alembic", path: /^(?:\d{4}|[0-9a-f]{12})_[^/]*\.py$/ },
];

export function sectionMarkerIn(text: string): { tool: string; offset: number } | undefined {
  for (const { 0: comment, index } of text.matchAll(/(?<=^|\n)[ \t]*--[^\n]*/g)) {
    const marker = sectionMarkers.find(({ line }) => line.test(comment));
    if (marker !== undefined) return { tool: marker.tool, offset: index };
  }
  return undefined;
}

/** The tool that wrote this folder, if it is one that Belay does not read, and how one sees it. */
export function unreadTool(tree: Tree): { tool: string; path: string } | undefined {
  for (const path of [...tree.files.keys(), ...tree.others]) {
    const companion = companions.find((known) => known.path.test(path));
    if (companion !== undefined) return { tool: companion.tool, path };
  }
  return undefined;
}
