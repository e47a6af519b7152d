// Owns: test data in the words of the server's version. For setups that hold one of everything: a case
// about one thing that an older version does not have says `since` and is left out.

import { majorOf, type TestServer } from "./servers.ts";

/** PostgreSQL 14 publishes tables only: no columns and rows of them, and no schemas. */
export function inWordsOf(server: TestServer, sql: string): string {
  if (majorOf(server) >= 15) return sql;
  return sql
    .replace(/create publication \w+ for tables in schema \w+;?/gi, "")
    .replace(/create publication [^;]*/gi, (each) =>
      each.replace(/( where)? \((?!publish)[^)]*\)/gi, ""),
    );
}
