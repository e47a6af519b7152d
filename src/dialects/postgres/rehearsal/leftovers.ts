// Owns: what is in a database under names that are Belay's own: after `finalize` there is nothing.

import type { Session } from "../../dialect.ts";
import { isHidden } from "../shelf-names.ts";

export async function leftovers(session: Session): Promise<string[]> {
  const rows = await session.query<{ name: string }>(
    `SELECT 'schema ' || nspname AS name FROM pg_namespace WHERE nspname ~ '^belay_shelf_'
     UNION ALL SELECT 'column ' || attrelid::regclass || '.' || attname FROM pg_attribute
       WHERE ${isHidden("attname")} AND NOT attisdropped
     UNION ALL SELECT 'relation ' || oid::regclass FROM pg_class WHERE ${isHidden("relname")}
     UNION ALL SELECT 'constraint ' || conname FROM pg_constraint WHERE ${isHidden("conname")}
     UNION ALL SELECT 'trigger ' || tgname FROM pg_trigger WHERE ${isHidden("tgname")}
     UNION ALL SELECT 'statistics ' || stxname FROM pg_statistic_ext WHERE ${isHidden("stxname")}
     ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}
