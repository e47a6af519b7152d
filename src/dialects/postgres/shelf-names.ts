// Owns: the names under which things are kept during an undo window, and how SQL tells them apart.
// Nothing else in Belay spells them out. What has such a name is invisible to fingerprints, and no
// migration may use one.

/** Longest identifier in bytes: NAMEDATALEN - 1. */
const nameBytesMax = 63;

/** Eight hexadecimal digits; one for each statement whose effects are kept. */
export type ShelfId = string;

/** A schema that holds the dropped tables of one statement, and its captured rows. */
export function shelfSchema(id: ShelfId): string {
  return `belay_shelf_${id}`;
}

/** The name of a column, index, constraint or sequence that stays where it was, but is gone for users. */
export function hiddenName(id: ShelfId, name: string): string {
  const bytes = Buffer.from(`belay_${id}_${name}`);
  if (bytes.length <= nameBytesMax) return bytes.toString();
  // A cut through a character leaves replacement characters, which are cut off too.
  return bytes.subarray(0, nameBytesMax).toString().replace(/�+$/, "");
}

export const reservedSchema = /^belay(_shelf_[0-9a-f]{8})?$/;
export const reservedName = /^belay_[0-9a-f]{8}_/;

/** SQL: `name` (an expression of type name or text) is a schema of Belay's. */
export const isOurSchema = (name: string) => `${name} ~ '${reservedSchema.source}'`;

/** SQL: `name` (an expression of type name or text) is of something hidden. */
export const isHidden = (name: string) => `${name} ~ '${reservedName.source}'`;
