// The index of a unique key is built under a lock that no writer passes.

import { keyFromIndex } from "./add-key.ts";
import { adding, type SafeForm } from "./form.ts";

export const form: SafeForm = {
  name: "by index",
  kind: "add-unique",
  blocks(parsed) {
    const added = adding(parsed, "CONSTR_UNIQUE");
    return added?.constraint.indexname === undefined ? added?.table : undefined;
  },
  steps: (written, occasion) => keyFromIndex(written, occasion, "CONSTR_UNIQUE"),
};
