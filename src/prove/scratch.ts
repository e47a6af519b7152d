// Owns: the scratch copies of one prover on one server: made from each other, counted, and gone when
// it ends. What a killed prover left is removed by the next one on that server.

import type { Environment } from "../core/environment.ts";
import type { Migration } from "../core/migration.ts";
import type { Dialect, Session } from "../dialects/dialect.ts";
import { type Rehearsals, scratchName } from "../dialects/rehearsal.ts";
import { RoleKeeper } from "./roles.ts";

/** A server on which databases may be made. */
export interface ScratchServer {
  dialect: Dialect;
  rehearsals: Rehearsals;
  /** URL of a database there; of the one for administration when none is named. */
  url(database?: string): string;
  close(): Promise<void>;
}

/** A database of its own. */
export interface Copy extends AsyncDisposable {
  url: string;
  /** A fresh session, so that nothing of an earlier one is seen; closed after `work`. */
  with<T>(work: (session: Session) => Promise<T>): Promise<T>;
  /** The session for looking: never one in which a migration ran. Kept, since opening costs. */
  looking(): Promise<Session>;
  /** Ends that session: nobody may be connected to what is copied. */
  copy(): Promise<Copy>;
}

export class Scratch implements AsyncDisposable {
  readonly server: ScratchServer;
  readonly environment: Environment;
  private readonly admin: Session;
  private readonly owner: string;
  private count = 0;
  /** Where the history makes roles. */
  private roles: RoleKeeper | undefined;
  private readonly live = new Set<string>();

  private constructor(
    server: ScratchServer,
    environment: Environment,
    admin: Session,
    owner: string,
  ) {
    this.server = server;
    this.environment = environment;
    this.admin = admin;
    this.owner = owner;
  }

  static async open(server: ScratchServer, environment: Environment): Promise<Scratch> {
    const owner = environment.id().replaceAll("-", "").slice(0, 8);
    const admin = await connectTo(server, undefined);
    await server.rehearsals.claim(admin, owner);
    await server.rehearsals.sweep(admin);
    return new Scratch(server, environment, admin, owner);
  }

  /** From here on one copy at a time, and the roles that it made go with it. */
  async keepRolesApart(migrations: readonly Migration[]): Promise<void> {
    this.roles = await RoleKeeper.open(this.admin, this.server.rehearsals, migrations);
  }

  get keepsRolesApart(): boolean {
    return this.roles !== undefined;
  }

  /** What roles there are now belong to the stage. */
  async keepRoles(): Promise<void> {
    await this.roles?.keep();
  }

  /** An empty database. */
  create(): Promise<Copy> {
    return this.make(undefined);
  }

  private async make(template: string | undefined): Promise<Copy> {
    this.count += 1;
    const name = scratchName(this.owner, String(this.count));
    const { rehearsals } = this.server;
    this.live.add(name);
    await rehearsals.create(this.admin, name, template);
    let looking: Promise<Session> | undefined;
    const leave = async () => {
      const open = looking;
      looking = undefined;
      await open?.then((session) => session.close());
    };
    const drop = async () => {
      await leave();
      if (!this.live.delete(name)) return;
      await rehearsals.drop(this.admin, name);
      await this.roles?.dropNew();
    };
    return {
      url: this.server.url(name),
      with: async (work) => {
        const session = await connectTo(this.server, name);
        try {
          return await work(session);
        } finally {
          await session.close();
        }
      },
      looking: () => {
        looking ??= connectTo(this.server, name);
        return looking;
      },
      copy: async () => {
        await leave();
        return this.make(name);
      },
      [Symbol.asyncDispose]: drop,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of this.live) await this.server.rehearsals.drop(this.admin, name);
    await this.roles?.dropAll();
    await this.admin.close();
    await this.server.close();
  }
}

function connectTo(server: ScratchServer, database: string | undefined): Promise<Session> {
  const url = server.url(database);
  return server.dialect.connect({ url, applicationName: "belay prove" });
}
