// Composite, enum and range types, and domains. Shell and base types: define-object.ts.

import type {
  CompositeTypeStmt,
  CreateDomainStmt,
  CreateEnumStmt,
  CreateRangeStmt,
} from "@pgsql/types";
import { exactly } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { dotted, dottedName, parts } from "../names.ts";
import { undoOfCreation } from "../objects/created.ts";

type Creation = CompositeTypeStmt & CreateEnumStmt & CreateRangeStmt & CreateDomainStmt;

export const kind = defineKind<Creation>({
  kind: "create-type",
  node: ["CompositeTypeStmt", "CreateEnumStmt", "CreateRangeStmt", "CreateDomainStmt"],
  describe: (node) => ({
    changes: [
      { kind: isDomain(node) ? "create-domain" : "create-type", object: dottedName(names(node)) },
    ],
    locks: [],
    undo: exactly(`DROP ${words(node)} ${dotted(names(node))}`),
  }),
  recall: (node, catalog) => undoOfCreation(catalog, "OBJECT_TYPE", words(node), names(node)),
});

function isDomain({ domainname }: Creation): boolean {
  return domainname !== undefined;
}

function words(node: Creation): string {
  return isDomain(node) ? "DOMAIN" : "TYPE";
}

function names({ typevar, typeName, domainname }: Creation): string[] {
  if (typevar === undefined) return parts(domainname ?? typeName);
  return [typevar.schemaname, typevar.relname].filter((name) => name !== undefined);
}
