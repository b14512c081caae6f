import type { Fleet } from '../fleet/fleet.ts';
import type { Member } from '../fleet/member.ts';
import type { Environment } from '../injectors/process-faults.ts';
import type { Image } from './disk.ts';
import type { Level } from './levels.ts';

/** What a scene is set up with. */
export interface Place {
  /** For what no cut befalls. */
  readonly folder: string;
  /** For disks: on a tmpfs. */
  readonly disks: string;
  readonly env: Environment;
  readonly level: Level;
  /** A fleet of receivers that use the Redis of this address. @param name of its folder, for logs */
  fleet(name: string, redisUrl: string): Fleet;
  /** Is called in the end, the last one first, however it ends. */
  onClose(close: () => Promise<unknown> | void): void;
}

/** The servers and disks of one cut. */
export interface Scene {
  readonly redisUrl: string;
  /** The receiver's, over what every receiver has. */
  readonly receiverEnv: Environment;
  /** The receiver is ready, and no event has been sent. */
  begin(): Promise<void>;
  /** The power goes: who acknowledges is stopped, then the disks are copied as they are. Does not yield between. */
  cut(receiver: Member): readonly Image[];
  /** Goes on from what the cut left. @returns the address of the Redis that holds what is left */
  recover(): Promise<string>;
}
