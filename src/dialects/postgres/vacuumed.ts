// Owns: which tables VACUUM and ANALYZE name; none means all.

import type { VacuumStmt } from "@pgsql/types";
import { relationName } from "./names.ts";

export function vacuumedTables(node: VacuumStmt): string[] {
  return (node.rels ?? []).flatMap((each) =>
    "VacuumRelation" in each && each.VacuumRelation.relation
      ? [relationName(each.VacuumRelation.relation)]
      : [],
  );
}
