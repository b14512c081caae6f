import type { Logger } from '@hookline/core';
import { createDashboard, type BasicAuthOptions } from '@hookline/http';
import type { OpenQueues } from '@hookline/redis';
import type { RequestListener } from 'node:http';
import { createBoard } from './board.ts';
import { followQueues } from './queues.ts';

export const QUEUES_PATH = '/admin/queues';

export interface Dashboard {
  readonly listener: RequestListener;
  /** Stops looking at the queues and closes them. */
  close(): Promise<void>;
}

/** Everything behind the operators' login. Another page is another row of `pages`. */
export function openDashboard(options: {
  readonly login: BasicAuthOptions;
  readonly queues: OpenQueues;
  readonly log: Logger;
}): Dashboard {
  const { login, log } = options;
  const queues = followQueues(options.queues, log);
  const pages = [{ path: QUEUES_PATH, use: createBoard(QUEUES_PATH, queues) }];
  return {
    listener: createDashboard({ login, home: QUEUES_PATH, pages, log }),
    async close() {
      await queues.close();
      await options.queues.close();
    },
  };
}
