import type { SecLabelStmt } from "@pgsql/types";
import { exactly, nothingToUndo } from "../../../core/plan.ts";
import { defineKind } from "../kind.ts";
import { literal, quote } from "../names.ts";
import { find, sqlOf } from "../objects/found.ts";
import { commentLock, isNamedType, nounOf, targetOf, wordsOf } from "../objects/object-type.ts";

export const kind = defineKind<SecLabelStmt>({
  kind: "security-label",
  node: "SecLabelStmt",
  matches: ({ objtype }) => isNamedType(objtype),
  describe: ({ objtype, object, provider }) => {
    const { shown, sql } = targetOf(objtype, object);
    const words = isNamedType(objtype) ? wordsOf(objtype) : "";
    return {
      changes: [{ kind: "security-label", object: `${nounOf(objtype)} ${shown}` }],
      locks: commentLock(objtype, object),
      undo: exactly(`SECURITY LABEL ${by(provider)}ON ${words} ${sql} IS NULL`),
    };
  },
  async recall({ objtype, object, provider }, catalog) {
    const found = await find(catalog, targetOf(objtype, object));
    if (!found) return nothingToUndo;
    // Without FOR there is only one provider loaded.
    const [old] = await catalog.rows<{ label: string }>(
      `SELECT label FROM pg_seclabel WHERE classoid = $1::regclass AND objoid = $2::oid
           AND objsubid = $3::int AND provider = coalesce($4, provider)
       UNION ALL SELECT label FROM pg_shseclabel WHERE classoid = $1::regclass AND objoid = $2::oid
           AND provider = coalesce($4, provider)`,
      [found.catalog, found.oid, found.attribute, provider ?? null],
    );
    const label = old ? literal(old.label) : "NULL";
    return exactly(`SECURITY LABEL ${by(provider)}ON ${sqlOf(found)} IS ${label}`);
  },
});

function by(provider: string | undefined): string {
  return provider === undefined ? "" : `FOR ${quote(provider)} `;
}
