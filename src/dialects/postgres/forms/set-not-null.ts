// SET NOT NULL reads every row under a lock that nobody passes, unless a valid check says the same.

import { commandOf, mainPart, type SafeForm } from "./form.ts";
import { notNullCheck } from "./not-null.ts";

export const form: SafeForm = {
  name: "checked first",
  kind: "set-not-null",
  blocks(parsed) {
    const command = commandOf(parsed);
    return command?.command.subtype === "AT_SetNotNull" ? command.statement.relation : undefined;
  },
  async steps(written, occasion) {
    const { command, statement } = commandOf(written.parsed) ?? {};
    if (!statement?.relation?.inh)
      return "ONLY leaves out tables that the check would be put on too";
    const scaffold = await notNullCheck(written, occasion, command?.name ?? "");
    if (scaffold === undefined) return undefined;
    const set = await mainPart(written.parsed.sql, written, occasion.form);
    const statements = [{ ...set, scans: false }, scaffold.drop];
    return [...scaffold.steps, { transactional: true, statements }];
  },
};
