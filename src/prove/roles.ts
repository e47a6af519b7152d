// Owns: keeping rehearsals apart that make roles. A role is the whole server's: two copies that make
// the same one collide, and on somebody's server it would stay. So such a history is rehearsed one
// copy at a time, and what a copy made goes with it.
// Leaves out: roles that are changed or dropped; nothing here can give those back.

import type { Migration } from "../core/migration.ts";
import type { Session } from "../dialects/dialect.ts";
import type { Rehearsals } from "../dialects/rehearsal.ts";

/** Where a statement begins, a quoted one in a function too: not "cannot create user" in a message. */
const begins = String.raw`^|[;$'(]|\b(?:begin|then|else|loop)\b`;
const creation = new RegExp(String.raw`(?:${begins})\s*create\s+(?:role|user|group)\b`, "im");

export function makesRoles({ up, down }: Pick<Migration, "up" | "down">): boolean {
  return [up, down].some((script) => creation.test(script?.sql ?? ""));
}

export class RoleKeeper {
  private readonly admin: Session;
  private readonly rehearsals: Rehearsals;
  private readonly texts: readonly string[];
  /** There before the first rehearsal. */
  private readonly opening: ReadonlySet<string>;
  private kept: ReadonlySet<string>;

  private constructor(
    admin: Session,
    rehearsals: Rehearsals,
    migrations: readonly Migration[],
    opening: ReadonlySet<string>,
  ) {
    this.admin = admin;
    this.rehearsals = rehearsals;
    this.texts = migrations.flatMap(({ up, down }) => [up.sql, down?.sql ?? ""]);
    this.opening = opening;
    this.kept = opening;
  }

  static async open(admin: Session, rehearsals: Rehearsals, migrations: readonly Migration[]) {
    const opening = new Set(await rehearsals.roles(admin));
    return new RoleKeeper(admin, rehearsals, migrations, opening);
  }

  /** The stage has made what is there now. */
  async keep(): Promise<void> {
    this.kept = new Set(await this.rehearsals.roles(this.admin));
  }

  /** A copy is gone, and with it goes what it made. */
  dropNew(): Promise<void> {
    return this.dropBut(this.kept);
  }

  dropAll(): Promise<void> {
    return this.dropBut(this.opening);
  }

  private async dropBut(kept: ReadonlySet<string>): Promise<void> {
    for (const name of await this.rehearsals.roles(this.admin)) {
      // Others may make roles meanwhile; ours have their names in our texts.
      if (kept.has(name) || !this.texts.some((text) => text.includes(name))) continue;
      // Another database still needs it: then it is not this copy's alone.
      await this.rehearsals.dropRole(this.admin, name).catch(() => {});
    }
  }
}
