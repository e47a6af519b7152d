// Owns: how to make functions, aggregates, and what is built of them again: operators, their
// classes and families, casts, transforms, conversions, languages, access methods, event triggers.

import { clause, definition, functionName, identity, type Recipe, recipe } from "./recipe.ts";

/** `read_only` and the like; the default of ordinary aggregates is read-only, of others read-write. */
const modify = (
  column: string,
) => `CASE WHEN ${column} <> CASE WHEN a.aggkind = 'n' THEN 'r' ELSE 'w' END
  THEN CASE ${column} WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END END`;
const callback = (column: string) => functionName(`nullif(a.${column}::oid, 0)`);
const size = (column: string) => `nullif(a.${column}, 0)::text`;

const aggregate = definition({
  SFUNC: callback("aggtransfn"),
  STYPE: "format_type(a.aggtranstype, NULL)",
  SSPACE: size("aggtransspace"),
  FINALFUNC: callback("aggfinalfn"),
  FINALFUNC_EXTRA: "CASE WHEN a.aggfinalextra THEN 'true' END",
  FINALFUNC_MODIFY: modify("a.aggfinalmodify"),
  COMBINEFUNC: callback("aggcombinefn"),
  SERIALFUNC: callback("aggserialfn"),
  DESERIALFUNC: callback("aggdeserialfn"),
  INITCOND: "quote_literal(a.agginitval)",
  MSFUNC: callback("aggmtransfn"),
  MINVFUNC: callback("aggminvtransfn"),
  MSTYPE: "CASE WHEN a.aggmtranstype <> 0 THEN format_type(a.aggmtranstype, NULL) END",
  MSSPACE: size("aggmtransspace"),
  MFINALFUNC: callback("aggmfinalfn"),
  MFINALFUNC_EXTRA: "CASE WHEN a.aggmfinalextra THEN 'true' END",
  MFINALFUNC_MODIFY: `CASE WHEN a.aggmtransfn::oid <> 0 THEN ${modify("a.aggmfinalmodify")} END`,
  MINITCOND: "quote_literal(a.aggminitval)",
  SORTOP: `(SELECT format('OPERATOR(%I.%s)', n.nspname, o.oprname) FROM pg_operator o
    JOIN pg_namespace n ON n.oid = o.oprnamespace WHERE o.oid = a.aggsortop)`,
  PARALLEL: "CASE p.proparallel WHEN 's' THEN 'SAFE' WHEN 'r' THEN 'RESTRICTED' END",
  // Said by a word alone, not by a value.
  HYPOTHETICAL: "CASE WHEN a.aggkind = 'h' THEN 'true' END",
});

/**
 * Bodies are not checked: one that was broken before has to come back as broken as it was. The
 * setting ends with the transaction.
 */
export const routine: Recipe = recipe(`
  SELECT p.oid::text, CASE WHEN p.prokind = 'a' THEN ARRAY[
      format('CREATE AGGREGATE %I.%I(%s) ', n.nspname, p.proname,
        coalesce(nullif(pg_get_function_arguments(p.oid), ''), '*'))
      || replace(${aggregate}, 'HYPOTHETICAL = true', 'HYPOTHETICAL')]
    ELSE ARRAY['SET LOCAL check_function_bodies = off',
      regexp_replace(rtrim(pg_get_functiondef(p.oid), E'\\n'), '^CREATE OR REPLACE ', 'CREATE ')] END AS create
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace LEFT JOIN pg_aggregate a ON a.aggfnoid = p.oid
  WHERE p.oid = ANY ($1::oid[])`);

const operatorName = (oid: string) => `(SELECT format('OPERATOR(%I.%s)', n.nspname, x.oprname)
  FROM pg_operator x JOIN pg_namespace n ON n.oid = x.oprnamespace WHERE x.oid = ${oid})`;
const operand = (oid: string) => `CASE WHEN ${oid} <> 0 THEN format_type(${oid}, NULL) END`;

/** A commutator or negator that is not there yet is made as a shell, which its own recipe fills. */
export const operator: Recipe = recipe(`
  SELECT o.oid::text, ARRAY[format('CREATE OPERATOR %I.%s ', n.nspname, o.oprname) || ${definition({
    FUNCTION: functionName("o.oprcode"),
    LEFTARG: operand("o.oprleft"),
    RIGHTARG: operand("o.oprright"),
    COMMUTATOR: operatorName("o.oprcom"),
    NEGATOR: operatorName("o.oprnegate"),
    RESTRICT: functionName("o.oprrest"),
    JOIN: functionName("o.oprjoin"),
    HASHES: "CASE WHEN o.oprcanhash THEN 'true' END",
    MERGES: "CASE WHEN o.oprcanmerge THEN 'true' END",
  })}] AS create
  FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace
  WHERE o.oid = ANY ($1::oid[]) AND o.oprcode::oid <> 0`);

/** SQL: members `m` of operator families: oid, item as ADD takes it, and drop as DROP takes it. */
const familyOperators = `
  SELECT m.oid::text, m.amopfamily AS family, format('OPERATOR %s %s%s', m.amopstrategy, m.amopopr::regoperator,
      CASE WHEN m.amopsortfamily <> 0 THEN ' FOR ORDER BY ' || (SELECT format('%I.%I', n.nspname, s.opfname)
        FROM pg_opfamily s JOIN pg_namespace n ON n.oid = s.opfnamespace WHERE s.oid = m.amopsortfamily) ELSE '' END) AS item,
    format('OPERATOR %s (%s, %s)', m.amopstrategy, format_type(m.amoplefttype, NULL), format_type(m.amoprighttype, NULL)) AS drop
  FROM pg_amop m JOIN pg_depend d ON d.classid = 'pg_amop'::regclass AND d.objid = m.oid`;
const familyFunctions = `
  SELECT m.oid::text, m.amprocfamily AS family, format('FUNCTION %s (%s, %s) %s', m.amprocnum, format_type(m.amproclefttype, NULL),
      format_type(m.amprocrighttype, NULL), m.amproc::regprocedure) AS item,
    format('FUNCTION %s (%s, %s)', m.amprocnum, format_type(m.amproclefttype, NULL), format_type(m.amprocrighttype, NULL)) AS drop
  FROM pg_amproc m JOIN pg_depend d ON d.classid = 'pg_amproc'::regclass AND d.objid = m.oid`;

/** SQL: those that belong to `owner`, an operator class or the family itself. */
export const familyMembers = (catalog: string, owner: string) => {
  const where = `WHERE d.refclassid = '${catalog}'::regclass AND d.refobjid = ${owner}`;
  return `${familyOperators} ${where} UNION ALL ${familyFunctions} ${where}`;
};

/** One that was added to a family by itself; those of a class come back with the class only. */
export const familyMember: Recipe = recipe(`
  SELECT x.oid, ARRAY[format('ALTER OPERATOR FAMILY %s ADD %s', ${identity("pg_opfamily", "x.family")}, x.item)] AS create
  FROM (${familyOperators} WHERE d.refclassid = 'pg_opfamily'::regclass
    UNION ALL ${familyFunctions} WHERE d.refclassid = 'pg_opfamily'::regclass) x
  WHERE x.oid::oid = ANY ($1::oid[])`);

const members = (catalog: string, owner: string) =>
  `(SELECT string_agg(item, ', ' ORDER BY item) FROM (${familyMembers(catalog, owner)}) items)`;

const family = identity("pg_opfamily", "f.oid");

export const operatorFamily: Recipe = recipe(`
  SELECT f.oid::text, ARRAY[format('CREATE OPERATOR FAMILY %s', ${family}),
    format('ALTER OPERATOR FAMILY %s ADD ', ${family}) || ${members("pg_opfamily", "f.oid")}] AS create
  FROM pg_opfamily f WHERE f.oid = ANY ($1::oid[])`);

export const operatorClass: Recipe = recipe(`
  SELECT c.oid::text, ARRAY[format('CREATE OPERATOR CLASS %I.%I%s FOR TYPE %s USING %I FAMILY %I.%I AS %s',
    n.nspname, c.opcname, CASE WHEN c.opcdefault THEN ' DEFAULT' ELSE '' END, format_type(c.opcintype, NULL),
    m.amname, fn.nspname, f.opfname, concat_ws(', ',
      'STORAGE ' || format_type(CASE WHEN c.opckeytype <> 0 THEN c.opckeytype ELSE c.opcintype END, NULL),
      ${members("pg_opclass", "c.oid")}))] AS create
  FROM pg_opclass c JOIN pg_namespace n ON n.oid = c.opcnamespace JOIN pg_am m ON m.oid = c.opcmethod
    JOIN pg_opfamily f ON f.oid = c.opcfamily JOIN pg_namespace fn ON fn.oid = f.opfnamespace
  WHERE c.oid = ANY ($1::oid[])`);

export const cast: Recipe = recipe(`
  SELECT c.oid::text, ARRAY[format('CREATE CAST (%s AS %s) %s%s', format_type(c.castsource, NULL),
    format_type(c.casttarget, NULL), CASE c.castmethod WHEN 'f' THEN 'WITH FUNCTION ' || c.castfunc::regprocedure
      WHEN 'i' THEN 'WITH INOUT' ELSE 'WITHOUT FUNCTION' END,
    CASE c.castcontext WHEN 'a' THEN ' AS ASSIGNMENT' WHEN 'i' THEN ' AS IMPLICIT' ELSE '' END)] AS create
  FROM pg_cast c WHERE c.oid = ANY ($1::oid[])`);

export const transform: Recipe = recipe(`
  SELECT t.oid::text, ARRAY[format('CREATE TRANSFORM FOR %s LANGUAGE %I (%s)', format_type(t.trftype, NULL), l.lanname,
    concat_ws(', ', CASE WHEN t.trffromsql::oid <> 0 THEN 'FROM SQL WITH FUNCTION ' || t.trffromsql::regprocedure END,
      CASE WHEN t.trftosql::oid <> 0 THEN 'TO SQL WITH FUNCTION ' || t.trftosql::regprocedure END))] AS create
  FROM pg_transform t JOIN pg_language l ON l.oid = t.trflang WHERE t.oid = ANY ($1::oid[])`);

export const conversion: Recipe = recipe(`
  SELECT c.oid::text, ARRAY[format('CREATE %sCONVERSION %s FOR %L TO %L FROM %s',
    CASE WHEN c.condefault THEN 'DEFAULT ' ELSE '' END, ${identity("pg_conversion", "c.oid")},
    pg_encoding_to_char(c.conforencoding), pg_encoding_to_char(c.contoencoding), ${functionName("c.conproc")})] AS create
  FROM pg_conversion c WHERE c.oid = ANY ($1::oid[])`);

export const language: Recipe = recipe(`
  SELECT l.oid::text, ARRAY[format('CREATE %sLANGUAGE %I HANDLER %s%s%s', CASE WHEN l.lanpltrusted THEN 'TRUSTED ' ELSE '' END,
    l.lanname, ${functionName("l.lanplcallfoid")}, ${clause("INLINE %s", functionName("l.laninline"))},
    ${clause("VALIDATOR %s", functionName("l.lanvalidator"))})] AS create
  FROM pg_language l WHERE l.oid = ANY ($1::oid[]) AND l.lanplcallfoid <> 0`);

export const accessMethod: Recipe = recipe(`
  SELECT m.oid::text, ARRAY[format('CREATE ACCESS METHOD %I TYPE %s HANDLER %s', m.amname,
    CASE m.amtype WHEN 'i' THEN 'INDEX' ELSE 'TABLE' END, ${functionName("m.amhandler")})] AS create
  FROM pg_am m WHERE m.oid = ANY ($1::oid[])`);

export const eventTrigger: Recipe = recipe(`
  SELECT e.oid::text, ARRAY[format('CREATE EVENT TRIGGER %I ON %I%s EXECUTE FUNCTION %s()', e.evtname, e.evtevent,
      ${clause("WHEN TAG IN (%s)", "(SELECT string_agg(quote_literal(tag), ', ') FROM unnest(e.evttags) tag)")},
      ${functionName("e.evtfoid")}),
    CASE e.evtenabled WHEN 'D' THEN format('ALTER EVENT TRIGGER %I DISABLE', e.evtname)
      WHEN 'R' THEN format('ALTER EVENT TRIGGER %I ENABLE REPLICA', e.evtname)
      WHEN 'A' THEN format('ALTER EVENT TRIGGER %I ENABLE ALWAYS', e.evtname) END] AS create
  FROM pg_event_trigger e WHERE e.oid = ANY ($1::oid[])`);
