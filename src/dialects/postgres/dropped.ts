// Owns: reading what a DROP statement names.

import type { DropStmt, RangeVar } from "@pgsql/types";
import { parts } from "./names.ts";

/** Names of relations: `DROP TABLE a, b.c`. */
export function droppedRelations(node: DropStmt): RangeVar[] {
  return (node.objects ?? []).map((object) => {
    const names = "List" in object ? parts(object.List.items) : [];
    const [relname = "", schemaname, catalogname] = names.toReversed();
    return {
      relname,
      ...(schemaname === undefined ? {} : { schemaname }),
      ...(catalogname === undefined ? {} : { catalogname }),
    };
  });
}
