// Owns: which migrations of the corpora are worth killing: those of more than one step first, then
// one for each combination of statements that is not yet among them.

import { readFileSync } from "node:fs";
import type { Corpus, CorpusMigration } from "./corpora.ts";

export interface Choice {
  corpus: Corpus;
  migration: CorpusMigration;
  version: string;
}

function shapeOf(sql: string): string {
  const code = sql.replace(/--.*$/gm, "").replace(/\$(\w*)\$[\s\S]*?\$\1\$/g, "");
  const verbs = code
    .split(";")
    .map((each) => each.trim().split(/\s+/).slice(0, 2).join(" ").toUpperCase())
    .filter((each) => each !== "");
  return [...new Set(verbs)].sort().join(",");
}

export function chooseForCrashWalk(corpora: Corpus[], wanted: number): Choice[] {
  const all = corpora.flatMap((corpus) =>
    corpus.migrations.map((migration) => {
      const sql = readFileSync(migration.up, "utf8");
      const version = /^\d+/.exec(migration.base)?.[0] ?? "";
      return { corpus, migration, version, sql, shape: shapeOf(sql) };
    }),
  );
  const several = (sql: string) => /\bconcurrently\b|\badd\s+value\b|^\s*commit\b/im.test(sql);
  // Those first that no transaction can hold: only they are journaled twice and asked by a probe.
  const rank = (sql: string) => Number(!/\bindex\s+concurrently\b/i.test(sql));
  const mixed = all
    .filter(({ sql }) => several(sql) && sql.length < 4_000)
    .sort((a, b) => rank(a.sql) - rank(b.sql));
  const chosen: typeof all = [];
  const shapes = new Set<string>();
  const take = (from: typeof all, limit: number) => {
    for (const each of from) {
      if (chosen.length >= limit) return;
      if (shapes.has(each.shape)) continue;
      shapes.add(each.shape);
      chosen.push(each);
    }
  };
  take(mixed, Math.ceil(wanted / 2));
  // From the end of the histories, where the schemas are the largest.
  take(all.filter(({ sql }) => sql.length < 4_000).reverse(), wanted);
  return all.filter((each) => chosen.includes(each));
}
