import type { Work } from '@hookline/core';
import type { Connection } from './connection.ts';
import type { Keys } from './keys.ts';
import type { ScriptCalls, ScriptReplies } from './all-scripts.ts';
import type { JobAddition } from './script.ts';

/**
 * One hash tag of Redis keys, whole in itself: a store, its queues, its schedules. Every room is given one, never a
 * bare connection and prefix.
 */
export interface Partition {
  /** BullMQ's key prefix, with the hash tag. */
  readonly prefix: string;
  /** Of how many it is one. */
  readonly of: number;
  readonly keys: Keys;
  readonly connection: Connection;
  /** Resolves when the server that holds its keys answers. */
  ping(): Promise<void>;
  /** Runs a script; what it is given and what it answers have the names of the script's header. Other values are buffers. */
  run<Name extends keyof ScriptCalls>(name: Name, call: ScriptCalls[Name]): Promise<ScriptReplies[Name]>;
  /** What a script needs to add this job; nothing is sent to Redis. */
  add(request: JobRequest): JobAddition;
  /** Puts a job that waits for its time into its queue's waiting list. @throws Error when it does not wait */
  promote(queue: string, jobId: string): Promise<void>;
  /** Takes a job out of its queue. @throws Error while it runs */
  remove(queue: string, jobId: string): Promise<void>;
}

export interface JobRequest {
  readonly queue: string;
  /** Deterministic: adding the same work twice adds one job. */
  readonly jobId: string;
  readonly name: string;
  readonly work: Work;
  readonly timestamp: number;
  readonly delay?: number;
  readonly priority?: number;
  /** How many jobs that ended its queue keeps, where that is not the usual number. */
  readonly keep?: { readonly completed?: number; readonly failed?: number };
}
