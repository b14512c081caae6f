import type { Logger, Meter } from '@hookline/core';
import {
  createDashboard,
  payloadsOnly,
  type AccessOptions,
  type Login,
  type TrustedProxies,
} from '@hookline/http';
import type { OpenQueues, System } from '@hookline/redis';
import type { RequestListener } from 'node:http';
import { allPages } from './all-pages.ts';
import { createBoard } from './board/board.ts';
import { followQueues } from './board/queues.ts';
import { createPages } from './site.ts';
import { createSystemView } from './system-view.ts';

export const QUEUES_PATH = '/admin/queues';

export interface Dashboard {
  readonly listener: RequestListener;
  /** Stops looking at the queues and the system, and closes them. */
  close(): Promise<void>;
}

/** Everything behind the operators' login. Another page is another file in `pages/`. */
export function openDashboard(options: {
  readonly login: Login;
  /** Who else may look. */
  readonly access?: AccessOptions;
  /** Each opens the operators' API. */
  readonly apiKeys: readonly string[];
  readonly queues: OpenQueues;
  readonly system: System;
  readonly log: Logger;
  readonly meter?: Meter;
  /** Whom to believe where a request comes from. */
  readonly trustedProxies?: TrustedProxies;
}): Dashboard {
  const { login, access, apiKeys, system, log, meter, trustedProxies } = options;
  const queues = followQueues(options.queues, log);
  const notes = { by: login.user, note: options.queues.note, log };
  const pages = [
    { path: QUEUES_PATH, use: payloadsOnly(createBoard(QUEUES_PATH, queues, allPages, notes), allPages) },
    ...createPages({ system: createSystemView(system) }, [{ title: 'Queues', path: QUEUES_PATH }]),
  ];
  return {
    listener: createDashboard({
      login,
      access,
      apiKeys,
      home: QUEUES_PATH,
      pages,
      log,
      meter,
      trustedProxies,
    }),
    async close() {
      await queues.close();
      system.close();
      await options.queues.close();
    },
  };
}
