// All parameters go back to what they were. So does the place where it stands, but never to behind
// a number that was handed out since: that would hand it out twice.

import type { AlterSeqStmt } from "@pgsql/types";
import { inTransaction, nothingToUndo } from "../../../core/plan.ts";
import { defineKind, type Lookup } from "../kind.ts";
import { literal, relationName } from "../names.ts";
import { find } from "../objects/found.ts";
import { relationNode, targetOf } from "../objects/object-type.ts";
import { sequenceOwner, sequenceParameters, sequenceValues } from "../objects/sequence-recipes.ts";
import { optionsOf } from "../options.ts";

export const kind = defineKind<AlterSeqStmt>({
  kind: "alter-sequence",
  node: "AlterSeqStmt",
  describe: ({ sequence = {} }) => ({
    changes: [{ kind: "alter-sequence", object: relationName(sequence) }],
    locks: [{ table: relationName(sequence), mode: "SHARE ROW EXCLUSIVE" }],
    undo: nothingToUndo,
  }),
  async recall({ sequence = {}, options }, catalog) {
    const found = await find(catalog, targetOf("OBJECT_SEQUENCE", relationNode(sequence)));
    if (!found) return nothingToUndo;
    const { owned_by: owned, restart, ...parameters } = Object.fromEntries(optionsOf(options));
    const before = await stateOf(catalog, found.oid);
    const back = [
      ...(Object.keys(parameters).length > 0 ? [before.parameters] : []),
      ...(owned === undefined ? [] : [before.owner]),
    ];
    const sql = back.length === 0 ? [] : [`ALTER SEQUENCE ${found.identity} ${back.join(" ")}`];
    const undo = { kind: "exact" as const, sql: sql.map(inTransaction) };
    if (restart === undefined) return undo;
    return {
      undo,
      settle: async (after) => {
        const now = await stateOf(after, found.oid);
        const place = placeBack(found.identity, before, now);
        return { kind: "exact", sql: [...undo.sql, ...place.map(inTransaction)] };
      },
    };
  },
});

interface State {
  parameters: string;
  owner: string;
  value: string;
  called: boolean;
  descending: boolean;
}

async function stateOf(catalog: Lookup, oid: string): Promise<State> {
  const [row] = await catalog.rows<Omit<State, "value" | "called">>(
    `SELECT ${sequenceParameters} AS parameters, ${sequenceOwner} AS owner, s.seqincrement < 0 AS descending
     FROM pg_sequence s WHERE s.seqrelid = $1::oid`,
    [oid],
  );
  const [place] = await sequenceValues(catalog, [oid]);
  return {
    parameters: row?.parameters ?? "",
    owner: row?.owner ?? "",
    value: place?.value ?? "1",
    called: place?.called ?? false,
    descending: row?.descending ?? false,
  };
}

/** Only where nothing was taken since, or where it stands short of where it stood. */
function placeBack(name: string, before: State, now: State): string[] {
  if (before.value === now.value && before.called === now.called) return [];
  return [
    `SELECT pg_catalog.setval(${literal(name)}, ${before.value}, ${before.called}) FROM ${name}` +
      ` WHERE (last_value, is_called) = (${now.value}, ${now.called})` +
      ` OR last_value ${before.descending ? ">" : "<"} ${before.value}`,
  ];
}
