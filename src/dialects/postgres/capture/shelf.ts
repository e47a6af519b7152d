// Owns: the names of what one capture keeps in its shelf schema, and quoting of function bodies.

import { quote } from "../names.ts";
import { hiddenName, type ShelfId, shelfSchema } from "../shelf-names.ts";

/** Unquoted; a dropped table of the user's may lie in the same schema, so the name is a reserved one. */
const nameOf = (id: ShelfId, what: string, number?: number) =>
  hiddenName(id, number === undefined ? what : `${what}_${number}`);

/** Qualified, quoted: `rows` is the table of images, `net` what they come to, and so on. */
export function inShelf(id: ShelfId, what: string, number?: number): string {
  return `${quote(shelfSchema(id))}.${quote(nameOf(id, what, number))}`;
}

/** Quoted, for RENAME TO. */
export function shelfName(id: ShelfId, what: string, number?: number): string {
  return quote(nameOf(id, what, number));
}

/** A body between dollar quotes that do not occur in it. */
export function dollar(body: string): string {
  let tag = "$belay$";
  for (let next = 1; body.includes(tag); next += 1) tag = `$belay${next}$`;
  return `${tag}\n${body}\n${tag}`;
}

export const doBlock = (body: string) => `DO ${dollar(body)}`;
