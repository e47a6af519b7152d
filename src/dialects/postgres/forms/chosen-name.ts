// Owns: the names that the server chooses for indexes and constraints without one
// (`ChooseRelationName`, `makeObjectName` in indexcmds.c). A form has to know them beforehand: what
// it leaves behind when it fails can then be found.

import type { Lookup } from "../kind.ts";
import type { Relation } from "../relation.ts";

/** Longest identifier in bytes: NAMEDATALEN - 1. */
const nameBytesMax = 63;

/** Among which names it has to be free: an index that makes a constraint has a name among both. */
type Among = "relations" | "constraints" | "both";

/** Gives each name once; they are taken before the statements that use them run. */
export class FreeNames {
  readonly #catalog: Lookup;
  readonly #given = new Set<string>();
  #isClosed = false;

  constructor(catalog: Lookup) {
    this.#catalog = catalog;
  }

  /** From here on a statement before may take any name, or free it. */
  close(): void {
    this.#isClosed = true;
  }

  /**
   * `table_columns_label`, with a number behind the label where that is taken in its schema;
   * undefined: not known.
   */
  async choose(
    table: Relation,
    columns: readonly string[],
    label: string,
    among: Among,
  ): Promise<string | undefined> {
    if (this.#isClosed) return undefined;
    for (let number = 0; ; number += 1) {
      const suffix = `${label}${number === 0 ? "" : number}`;
      const name = objectName(table.name, columns.join("_"), suffix);
      const key = `${table.schema}.${name}`;
      if (this.#given.has(key) || (await this.#isTaken(table, name, among))) continue;
      this.#given.add(key);
      return name;
    }
  }

  async #isTaken({ schema }: Relation, name: string, among: Among): Promise<boolean> {
    const found = await this.#catalog.rows(
      `SELECT FROM pg_namespace n WHERE n.nspname = $1 AND (
         $3 <> 'constraints' AND EXISTS (SELECT FROM pg_class
           WHERE relnamespace = n.oid AND relname = $2::name)
         OR $3 <> 'relations' AND EXISTS (SELECT FROM pg_constraint
           WHERE connamespace = n.oid AND conname = $2::name))`,
      [schema, name, among],
    );
    return found.length > 0;
  }
}

/** Cuts the longer of the two names, byte by byte, until all fits. */
function objectName(first: string, second: string, label: string): string {
  const rest = label.length + 1 + (second === "" ? 0 : 1);
  let [ahead, behind] = [Buffer.byteLength(first), Buffer.byteLength(second)];
  while (ahead + behind > nameBytesMax - rest) {
    if (ahead > behind) ahead -= 1;
    else behind -= 1;
  }
  return [cut(first, ahead), ...(second === "" ? [] : [cut(second, behind)]), label].join("_");
}

/** Never through a character. */
function cut(text: string, bytes: number): string {
  return Buffer.from(text).subarray(0, bytes).toString().replace(/�+$/, "");
}
