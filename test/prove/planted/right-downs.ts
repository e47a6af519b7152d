// Owns: all right downs. A judge that finds fault with one of them is wrong.

import type { Planted } from "./planted.ts";
import { rightColumns } from "./right-columns.ts";
import { rightPrograms } from "./right-programs.ts";
import { rightTables } from "./right-tables.ts";
import { rightValues } from "./right-values.ts";

export const rightDowns: Planted[] = [
  ...rightColumns,
  ...rightTables,
  ...rightPrograms,
  ...rightValues,
];
