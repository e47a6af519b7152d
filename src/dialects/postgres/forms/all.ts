// Owns: the list of safe forms.

import { form as createIndex } from "./create-index.ts";
import type { SafeForm } from "./form.ts";

export const forms: readonly SafeForm[] = [createIndex];
