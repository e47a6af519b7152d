// ADD FOREIGN KEY looks up every row under a lock that keeps writers off both tables.

import { parts } from "../names.ts";
import { adding, type SafeForm } from "./form.ts";
import { notValidFirst, unnamed } from "./not-valid.ts";

export const form: SafeForm = {
  name: "validated",
  kind: "add-foreign-key",
  blocks(parsed) {
    const added = adding(parsed, "CONSTR_FOREIGN");
    return added?.constraint.skip_validation ? undefined : added?.table;
  },
  async steps(written, occasion) {
    const { table, names } = occasion;
    if (table.kind === "p") {
      return "the server takes no NOT VALID foreign key of a partitioned table";
    }
    const { conname, fk_attrs } = adding(written.parsed, "CONSTR_FOREIGN")?.constraint ?? {};
    const name = conname ?? (await names.choose(table, parts(fk_attrs), "fkey", "constraints"));
    if (name === undefined) return unnamed;
    return notValidFirst(written, occasion, { name, isWritten: conname !== undefined });
  },
};
