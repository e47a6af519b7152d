// Owns: what a query does beyond reading: rows that its CTEs write, functions that it calls.

import type { Node } from "@pgsql/types";
import { nothingToUndo } from "../../core/plan.ts";
import { callsIn, isHarmless } from "./functions.ts";
import type { Description } from "./kind.ts";
import { describeWrites, writesOf } from "./row-writes.ts";

export function describeQuery(query: Node): Description {
  const writes = writesOf(query);
  const unknown = callsIn(query).filter((call) => !isHarmless(call));
  if (unknown.length > 0) {
    const names = [...new Set(unknown.map(({ name }) => `${name}()`))].join(", ");
    const known = describeWrites(writes);
    return {
      ...known,
      changes: [...known.changes, { kind: "call", object: names }],
      undo: { kind: "irreversible", why: `what ${names} does is not known from its call` },
      observe: true,
    };
  }
  if (writes.length > 0) return describeWrites(writes);
  return { changes: [{ kind: "select", object: "query" }], locks: [], undo: nothingToUndo };
}
