// Owns: the list of safe forms.

import { form as addCheck } from "./add-check.ts";
import { form as addColumn } from "./add-column.ts";
import { form as addForeignKey } from "./add-foreign-key.ts";
import { form as addPrimaryKey } from "./add-primary-key.ts";
import { form as addUnique } from "./add-unique.ts";
import { form as alterColumnType } from "./alter-column-type.ts";
import { form as createIndex } from "./create-index.ts";
import type { SafeForm } from "./form.ts";
import { form as setNotNull } from "./set-not-null.ts";

export const forms: readonly SafeForm[] = [
  addCheck,
  addColumn,
  addForeignKey,
  addPrimaryKey,
  addUnique,
  alterColumnType,
  createIndex,
  setNotNull,
];
