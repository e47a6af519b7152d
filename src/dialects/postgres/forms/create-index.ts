// CREATE INDEX reads the whole table under a lock that no writer passes; CONCURRENTLY lets them
// pass. It gets its name beforehand: a failed attempt leaves an INVALID index, which is then found.

import type { IndexElem, IndexStmt } from "@pgsql/types";
import { tokenAt } from "../../../sql/lexer.ts";
import { quote } from "../names.ts";
import { mainPart, type Occasion, type SafeForm } from "./form.ts";

export const form: SafeForm = {
  name: "concurrently",
  kind: "create-index",
  isAsNamed: true,
  blocks({ node }) {
    if (!("IndexStmt" in node) || node.IndexStmt.concurrent) return undefined;
    return node.IndexStmt.relation;
  },
  async steps(written, occasion) {
    const { node, sql } = written.parsed;
    if (!("IndexStmt" in node)) return "it is no CREATE INDEX";
    if (occasion.table.kind === "p") {
      return "the server builds no index of a partitioned table concurrently";
    }
    const name = await nameFor(node.IndexStmt, occasion);
    if (name === undefined) return "only the server knows the name that it will get; name it";
    const at = endOfWord(sql, "index");
    const text = `${sql.slice(0, at)} CONCURRENTLY${name}${sql.slice(at)}`;
    const statement = await mainPart(text, written, occasion.form);
    return [{ transactional: false, statements: [statement] }];
  },
};

/** What has to be written behind CONCURRENTLY, if anything; undefined: only the server knows. */
async function nameFor(node: IndexStmt, { table, names }: Occasion): Promise<string | undefined> {
  if (node.idxname !== undefined) return "";
  const columns = [...elements(node.indexParams), ...elements(node.indexIncludingParams)];
  const known = columns.flatMap(({ name }) => name ?? []);
  if (known.length < columns.length || new Set(known).size < known.length) return undefined;
  const chosen = await names.choose(table, known, "idx", "relations");
  return chosen && ` ${quote(chosen)}`;
}

function elements(nodes: IndexStmt["indexParams"]): IndexElem[] {
  return (nodes ?? []).flatMap((each) => ("IndexElem" in each ? [each.IndexElem] : []));
}

/** The offset behind the first such word. */
function endOfWord(sql: string, word: string): number {
  for (let token = tokenAt(sql, 0); token !== undefined; token = tokenAt(sql, token.end)) {
    if (token.kind !== "word") continue;
    if (sql.slice(token.start, token.end).toLowerCase() === word) return token.end;
  }
  return sql.length;
}
