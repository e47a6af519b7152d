// Owns: telling the server's own triggers (of foreign keys, of deferred keys) from users', in SQL.

/**
 * SQL: whether the row `trigger` of pg_trigger is the server's own. PostgreSQL 14 marks as internal also
 * what a partition has of a partitioned table's trigger, though it fires and is switched off as a user's;
 * there, no other internal trigger has a parent. From 15 on those of foreign keys have one.
 */
export function isInternal(trigger: string): string {
  return `(${trigger}.tgisinternal AND (${trigger}.tgparentid = 0
    OR pg_catalog.current_setting('server_version_num')::pg_catalog.int4 >= 150000))`;
}
