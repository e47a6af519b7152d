import type { AlterDomainStmt } from "@pgsql/types";
import { exactly, nothingToUndo, type Undo } from "../../../core/plan.ts";
import { defineKind, type Lookup } from "../kind.ts";
import { parts, quote } from "../names.ts";
import { type Found, find } from "../objects/found.ts";
import { nameNode, targetOf } from "../objects/object-type.ts";
import { recreationOf } from "../objects/recreate.ts";

export const kind = defineKind<AlterDomainStmt>({
  kind: "alter-domain",
  node: "AlterDomainStmt",
  describe: (node) => ({
    changes: [{ kind: "alter-domain", object: target(node).shown }],
    locks: [],
    // NOT NULL and new or validated constraints are checked against every row of the domain.
    scans: ["O", "C", "V"].includes(node.subtype ?? ""),
    undo: nothingToUndo,
  }),
  async recall(node, catalog) {
    const domain = await find(catalog, target(node));
    if (!domain) return nothingToUndo;
    const before = await stateOf(catalog, domain);
    switch (node.subtype) {
      case "T": {
        const back = before.default === null ? "DROP DEFAULT" : `SET DEFAULT ${before.default}`;
        return exactly(`ALTER DOMAIN ${domain.identity} ${back}`);
      }
      case "O":
        if (before.required) return nothingToUndo;
        return exactly(`ALTER DOMAIN ${domain.identity} DROP NOT NULL`);
      case "N":
        return before.required ? requiredAgain(catalog, domain, before) : nothingToUndo;
      case "C":
        return {
          undo: nothingToUndo,
          settle: async (after) => added(domain, before, await stateOf(after, domain)),
        };
      default: {
        const constraint = before.constraints.find(({ name }) => name === node.name);
        if (!constraint || (node.subtype === "V" && constraint.valid)) return nothingToUndo;
        const { sql, drops } = await recreationOf(catalog, [addressOf(constraint)]);
        return exactly(...(node.subtype === "V" ? drops : []), ...sql);
      }
    }
  },
});

interface Constraint {
  oid: string;
  name: string;
  valid: boolean;
  /** `pg_constraint.contype`; NOT NULL is one since PostgreSQL 17. */
  type: string;
}

interface State extends Record<string, unknown> {
  default: string | null;
  required: boolean;
  constraints: Constraint[];
}

async function stateOf(catalog: Lookup, domain: Found): Promise<State> {
  const [row] = await catalog.rows<State>(
    `SELECT pg_get_expr(t.typdefaultbin, 0) AS default, t.typnotnull AS required,
       coalesce((SELECT jsonb_agg(jsonb_build_object('oid', c.oid::text, 'name', c.conname,
         'valid', c.convalidated, 'type', c.contype)) FROM pg_constraint c WHERE c.contypid = t.oid), '[]') AS constraints
     FROM pg_type t WHERE t.oid = $1::oid`,
    [domain.oid],
  );
  return row ?? { default: null, required: false, constraints: [] };
}

async function requiredAgain(catalog: Lookup, domain: Found, before: State): Promise<Undo> {
  const named = before.constraints.find(({ type }) => type === "n");
  if (!named) return exactly(`ALTER DOMAIN ${domain.identity} SET NOT NULL`);
  return exactly(...(await recreationOf(catalog, [addressOf(named)])).sql);
}

function added(domain: Found, before: State, after: State): Undo {
  const old = new Set(before.constraints.map(({ oid }) => oid));
  const names = after.constraints.filter(({ oid }) => !old.has(oid)).map(({ name }) => name);
  return exactly(
    ...names.map((name) => `ALTER DOMAIN ${domain.identity} DROP CONSTRAINT ${quote(name)}`),
  );
}

function addressOf({ oid }: Constraint) {
  return { catalog: "pg_constraint", oid, attribute: 0 };
}

function target({ typeName }: AlterDomainStmt) {
  return targetOf("OBJECT_DOMAIN", nameNode(...parts(typeName)));
}
