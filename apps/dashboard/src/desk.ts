import type { History, OperatorAct } from '@hookline/core';
import type { Identity } from '@hookline/http';
import type { EventLog } from '@hookline/operations';
import type { DeadLetters, OpenQueues } from '@hookline/redis';
import type { SystemView } from './system-view.ts';

/** Everything that pages show and the API answers from, and what both can do. */
export interface Desk {
  readonly system: SystemView;
  readonly log: EventLog;
  /** `undefined` where none is kept, or it cannot be reached yet. */
  history(): History | undefined;
  queues(): ReturnType<OpenQueues['list']>;
  /** @param by who asks: each act is written down */
  deadLetters(by: string): DeadLetters;
  note(act: OperatorAct): Promise<void>;
  /** Milliseconds that a settled event is known. */
  readonly retention: number;
}

/** One question to the desk. */
export interface Ask {
  readonly desk: Desk;
  readonly viewer: Identity;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** What stands behind the `?` of the address. */
  readonly query: URLSearchParams;
  /** What stands in the place of `:name` in the address. */
  readonly params: Readonly<Record<string, string>>;
}
