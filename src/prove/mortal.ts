// Owns: a world in which a run dies at its n-th crash point, as if by `kill -9`: its connections
// are cut without a goodbye and nothing of it ever runs on. Dozens of deaths per migration are
// affordable this way; `test/crash.test.ts` kills real processes at the same points.

import type { CrashPoint, Environment } from "../core/environment.ts";
import type { Dialect, Session } from "../dialects/dialect.ts";

/** One of its own for each who waits: a shared one would hold on to all that the dead had in hand. */
const never = () => new Promise<never>(() => {});

export class Mortal {
  /** The points passed so far; the last one is where it died. */
  readonly passed: CrashPoint[] = [];
  readonly environment: Environment;
  /** Resolves at the death. */
  readonly death: Promise<void>;
  private readonly sessions: Session[] = [];
  private readonly clocks: (() => void)[] = [];
  private isDead = false;

  /** `dieAt` counts from 1; 0: it lives on, and its points are counted. */
  constructor(world: Environment, dieAt: number) {
    let died = () => {};
    this.death = new Promise((resolve) => {
      died = resolve;
    });
    this.environment = {
      ...world,
      reached: async (point) => {
        if (this.isDead) await never();
        this.passed.push(point);
        if (this.passed.length !== dieAt) return;
        this.isDead = true;
        for (const session of this.sessions) session.destroy();
        for (const stop of this.clocks) stop();
        died();
        await never();
      },
      sleep: async (ms, signal) => {
        await world.sleep(ms, signal);
        if (this.isDead) await never();
      },
      every: (ms, tick) => {
        const stop = world.every(ms, () => {
          if (!this.isDead) tick();
        });
        this.clocks.push(stop);
        return stop;
      },
    };
  }

  /** The dialect, with its sessions at hand. */
  readonly through = (dialect: Dialect): Dialect => ({
    ...dialect,
    connect: async (options) => {
      if (this.isDead) return never();
      const session = await dialect.connect(options);
      this.sessions.push(session);
      return session;
    },
  });

  /** True when it died before the work was done. */
  async diesIn(work: Promise<unknown>): Promise<boolean> {
    const dead = Symbol("dead");
    return (await Promise.race([work, this.death.then(() => dead)])) === dead;
  }
}
