// Owns: all wrong downs, but those that get one row of many wrong (`wrong-rows.ts`).

import type { Planted } from "./planted.ts";
import { wrongColumns } from "./wrong-columns.ts";
import { wrongDatabase } from "./wrong-database.ts";
import { wrongKeys } from "./wrong-keys.ts";
import { wrongPrograms } from "./wrong-programs.ts";
import { wrongTables } from "./wrong-tables.ts";
import { wrongValues } from "./wrong-values.ts";

export const wrongDowns: Planted[] = [
  ...wrongColumns,
  ...wrongKeys,
  ...wrongTables,
  ...wrongPrograms,
  ...wrongDatabase,
  ...wrongValues,
];
