// The index of a primary key is built under a lock that no writer passes.

import { keyFromIndex } from "./add-key.ts";
import { adding, type SafeForm } from "./form.ts";

export const form: SafeForm = {
  name: "by index",
  kind: "add-primary-key",
  blocks(parsed) {
    const added = adding(parsed, "CONSTR_PRIMARY");
    return added?.constraint.indexname === undefined ? added?.table : undefined;
  },
  steps: (written, occasion) => keyFromIndex(written, occasion, "CONSTR_PRIMARY"),
};
