// Owns: PostgreSQL behind the rehearsals port; each member is a file.

import type { Rehearsals } from "../../rehearsal.ts";
import { align } from "./align.ts";
import { claim, createDatabase, dropDatabase, sweep } from "./databases.ts";
import { edit } from "./edit.ts";
import { fill } from "./fill.ts";
import { leftovers } from "./leftovers.ts";
import { heldLocks } from "./locks.ts";
import { readContents } from "./read.ts";
import { dropRole, roleNames } from "./roles.ts";

export const postgresRehearsals: Rehearsals = {
  create: createDatabase,
  drop: dropDatabase,
  ...{ claim, sweep, align, fill, edit },
  roles: roleNames,
  dropRole,
  read: readContents,
  locks: heldLocks,
  leftovers,
};
