// Owns: what is read of publications and subscriptions. Connection strings are secrets and are not
// read; what a subscription does by itself (its two-phase state) is not schema.

import { isHidden, isOurSchema } from "../shelf-names.ts";
import { type Family, flag, inOurSchema, type PartQuery, words } from "./family.ts";

const publishedTables: PartQuery = {
  class: "pg_publication",
  of: "r.prpubid",
  from: "pg_publication_rel r",
  where: `not ${inOurSchema("pg_class", "r.prrelid")}`,
  parts: "'pg_publication_rel:' || r.oid",
  fact: "'table ' || r.prrelid::regclass",
  value: "'published'",
};

/**
 * Column lists and row filters came with PostgreSQL 15. Dropping a listed column drops the table from
 * the publication.
 */
const publishedColumns: PartQuery = {
  ...publishedTables,
  where: `${publishedTables.where} and not exists (select from pg_attribute a
    where a.attrelid = r.prrelid and a.attnum = any (r.prattrs) and ${isHidden("a.attname")})`,
  value: words(
    "'published'",
    `'columns (' || (select string_agg(quote_ident(a.attname), ', ' order by a.attnum)
       from pg_attribute a where a.attrelid = r.prrelid and a.attnum = any (r.prattrs)) || ')'`,
    "'where (' || pg_get_expr(r.prqual, r.prrelid) || ')'",
  ),
};

/** As did whole schemas. */
const publishedSchemas: PartQuery = {
  class: "pg_publication",
  of: "s.pnpubid",
  from: "pg_publication_namespace s",
  where: `not ${isOurSchema("s.pnnspid::regnamespace::text")}`,
  parts: "'pg_publication_namespace:' || s.oid",
  fact: "'schema ' || s.pnnspid::regnamespace",
  value: "'published'",
};

/** For `server_version_num`; the catalogs of replication grow with every version. */
export function replication(version: number): Family {
  return {
    classes: ["pg_publication", "pg_subscription"],
    catalogs: ["pg_publication_rel", ...(version >= 150000 ? ["pg_publication_namespace"] : [])],
    objects: [
      {
        class: "pg_publication",
        oid: "p.oid",
        from: "pg_publication p",
        name: "'publication ' || quote_ident(p.pubname)",
        facts: {
          owner: "p.pubowner::regrole::text",
          definition: words(
            flag("p.puballtables", "all tables"),
            flag("p.pubinsert", "insert"),
            flag("p.pubupdate", "update"),
            flag("p.pubdelete", "delete"),
            flag("p.pubtruncate", "truncate"),
            flag("p.pubviaroot", "via root"),
            "'generated columns ' || nullif(to_jsonb(p) ->> 'pubgencols', 'n')",
          ),
        },
      },
      {
        class: "pg_subscription",
        oid: "s.oid",
        from: "pg_subscription s join pg_database d on d.oid = s.subdbid",
        where: "d.datname = current_database()",
        name: "'subscription ' || quote_ident(s.subname)",
        facts: {
          owner: "s.subowner::regrole::text",
          enabled: "s.subenabled::text",
          slot: "quote_literal(s.subslotname)",
          commit: "s.subsynccommit",
          publications: `(select string_agg(quote_ident(p), ', ' order by p collate "C")
            from unnest(s.subpublications) p)`,
          binary: flag("s.subbinary", "yes"),
          streaming: "nullif(nullif(s.substream::text, 'f'), 'false')",
          ...(version >= 150000 && { "disable on error": flag("s.subdisableonerr", "yes") }),
          ...(version >= 160000 && {
            origin: "nullif(s.suborigin, 'any')",
            "run as owner": flag("s.subrunasowner", "yes"),
            "password required": flag("not s.subpasswordrequired", "no"),
          }),
          ...(version >= 170000 && { failover: flag("s.subfailover", "yes") }),
        },
      },
    ],
    parts: version >= 150000 ? [publishedColumns, publishedSchemas] : [publishedTables],
  };
}
