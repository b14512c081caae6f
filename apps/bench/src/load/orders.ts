import type { LoadResult } from './load.ts';
import type { RequestPlan } from './requests.ts';

/** Requests that were made ahead, on their way to one server. */
export interface Stream {
  /** The set of requests that it takes from the beginning. */
  readonly set: string;
  readonly port: number;
  readonly connections: number;
  /** Closed loop for so long, or open loop at rates. */
  readonly mode:
    | { readonly kind: 'saturate'; readonly milliseconds: number }
    | {
        readonly kind: 'pace';
        readonly rates: readonly { readonly perSecond: number; readonly milliseconds: number }[];
      };
}

/** Clients that hold a stream of server-sent events open. */
export interface Listeners {
  readonly port: number;
  readonly count: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What the load's process is told to do. */
export type Order =
  | { readonly kind: 'prepare'; readonly set: string; readonly plan: RequestPlan }
  | { readonly kind: 'run'; readonly streams: readonly Stream[] }
  | { readonly kind: 'listen'; readonly listeners: Listeners }
  | { readonly kind: 'leave' };

/** What it answers: results in the order of the streams, or why there are none. */
export type Reply =
  | { readonly kind: 'done'; readonly results: readonly LoadResult[] }
  | { readonly kind: 'failed'; readonly why: string };
