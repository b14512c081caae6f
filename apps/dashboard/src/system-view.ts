import { explain } from '@hookline/core';
import type { System, SystemState } from '@hookline/redis';

/** What is known: now, or from before Redis went away. */
export interface Look {
  readonly state: SystemState | undefined;
  /** Why it is not known now. */
  readonly problem: string | undefined;
}

/** The state of the whole installation, which can be looked at while Redis is away. */
export interface SystemView {
  look(): Promise<Look>;
}

export function createSystemView(system: Pick<System, 'read'>): SystemView {
  let lastKnown: SystemState | undefined;
  return {
    async look() {
      try {
        lastKnown = await system.read();
        return { state: lastKnown, problem: undefined };
      } catch (error) {
        return { state: lastKnown, problem: explain(error) };
      }
    },
  };
}
