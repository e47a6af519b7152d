// Owns: adding a constraint in two transactions: NOT VALID, which holds for what is written from then
// on and reads nothing, then VALIDATE, which reads the table under a lock that writers pass.

import { quote } from "../names.ts";
import { commandTexts } from "../split-commands.ts";
import { type FormStep, mainPart, type Occasion, part, type Written } from "./form.ts";

/** `name` is the constraint's; `isWritten`: the statement has it. */
export async function notValidFirst(
  written: Written,
  { table, form }: Occasion,
  { name, isWritten }: { name: string; isWritten: boolean },
): Promise<FormStep[]> {
  const { head, commands } = commandTexts(written.parsed.sql);
  const command = commands[0] ?? "";
  const named = isWritten ? command : command.replace(/^add/i, `$& CONSTRAINT ${quote(name)}`);
  const add = await mainPart(`${head} ${named} NOT VALID`, written, form);
  const validate = `ALTER TABLE ${table.sql} VALIDATE CONSTRAINT ${quote(name)}`;
  const validated = await part(validate, written, form, { undo: [], temporary: false });
  return [
    { transactional: true, statements: [add] },
    { transactional: true, statements: [validated] },
  ];
}

/** The server's clause where nothing but the name is wanting. */
export const unnamed = "only the server knows the name that it will get; name it";
