// Owns: how to make sequences again, and the parts of that which ALTER SEQUENCE needs too.

import type { Lookup } from "../kind.ts";
import { literal } from "../names.ts";
import { type Creations, identity, type Recipe, recipe } from "./recipe.ts";

/** SQL: the parameters of a sequence, all of them, from a row of pg_sequence. */
export const sequenceParameters = `format('AS %s INCREMENT BY %s MINVALUE %s MAXVALUE %s START WITH %s CACHE %s %sCYCLE',
  format_type(s.seqtypid, NULL), s.seqincrement, s.seqmin, s.seqmax, s.seqstart, s.seqcache,
  CASE WHEN s.seqcycle THEN '' ELSE 'NO ' END)`;

/** SQL: ` OWNED BY` what the sequence of pg_sequence row \`s\` is owned by; `NONE` by default. */
export const sequenceOwner = `'OWNED BY ' || coalesce((
  SELECT format('%s.%I', ${identity("pg_class", "a.attrelid")}, a.attname) FROM pg_depend d
  JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
  WHERE d.classid = 'pg_class'::regclass AND d.objid = s.seqrelid AND d.refclassid = 'pg_class'::regclass
    AND d.deptype = 'a'), 'NONE')`;

/** OWNED BY waits for the owner: the server wants sequence and table to have the same. */
const sequenceDefinition: Recipe = recipe(`
  SELECT c.oid::text, ARRAY[format('CREATE %sSEQUENCE %s ', CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED ' ELSE '' END,
      ${identity("pg_class", "c.oid")}) || ${sequenceParameters}] AS create,
    array_remove(ARRAY[format('ALTER SEQUENCE %s ', ${identity("pg_class", "c.oid")}) || ${sequenceOwner}],
      format('ALTER SEQUENCE %s OWNED BY NONE', ${identity("pg_class", "c.oid")})) AS finish
  FROM pg_class c JOIN pg_sequence s ON s.seqrelid = c.oid WHERE c.oid = ANY ($1::oid[])`);

export interface SequenceValue extends Record<string, unknown> {
  oid: string;
  name: string;
  value: string;
  called: boolean;
}

/** The values are in the sequences themselves, so their names have to be known first. */
export async function sequenceValues(
  catalog: Lookup,
  oids: readonly string[],
): Promise<SequenceValue[]> {
  const names = await catalog.rows<{ oid: string; name: string }>(
    `SELECT c.oid::text, ${identity("pg_class", "c.oid")} AS name FROM pg_class c WHERE c.oid = ANY ($1::oid[])`,
    [oids],
  );
  if (names.length === 0) return [];
  const selects = names.map(
    ({ oid, name }, index) =>
      `SELECT '${oid}' AS oid, $${index + 1} AS name, last_value::text AS value, is_called AS called FROM ${name}`,
  );
  return catalog.rows<SequenceValue>(
    selects.join(" UNION ALL "),
    names.map(({ name }) => name),
  );
}

export const sequence: Recipe = async (catalog, oids) => {
  const creations: Creations = await sequenceDefinition(catalog, oids);
  for (const { oid, name, value, called } of await sequenceValues(catalog, oids)) {
    const setval = `SELECT pg_catalog.setval(${literal(name)}, ${value}, ${called})`;
    creations.get(oid)?.create.push(setval);
  }
  return creations;
};
