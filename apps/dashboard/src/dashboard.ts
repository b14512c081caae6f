import { explain, NO_METER, type History, type Logger, type Meter, type Source } from '@hookline/core';
import {
  createDashboard,
  identityOf,
  payloadsOnly,
  type AccessOptions,
  type Login,
  type TrustedProxies,
} from '@hookline/http';
import { EventLog, ReplayRunner } from '@hookline/operations';
import { every, openDeadLetters, type OpenQueues, type System } from '@hookline/redis';
import type { RequestListener } from 'node:http';
import type { AlertSettings } from './alerts/receivers.ts';
import { startAlerts } from './alerts/start.ts';
import { createBoard } from './board/board.ts';
import { followQueues } from './board/queues.ts';
import type { Desk } from './desk.ts';
import { createPages } from './site.ts';
import { navigation } from './site/pages.ts';
import { createSystemView } from './system-view.ts';

export const QUEUES_PATH = '/admin/queues';

export interface Dashboard {
  readonly listener: RequestListener;
  /** Stops looking at the queues and the system, and closes them. */
  close(): Promise<void>;
}

export interface DashboardParts {
  readonly login: Login;
  /** Who else may look. */
  readonly access?: AccessOptions;
  /** Each opens the operators' API. */
  readonly apiKeys: readonly string[];
  readonly queues: OpenQueues;
  readonly system: System;
  /** `undefined` where none is kept, or it cannot be reached yet. */
  readonly history: () => History | undefined;
  /** Those whose secrets are at hand: what is replayed is verified once more. */
  readonly sources?: ReadonlyMap<string, Source>;
  /** Milliseconds that a settled event is known. */
  readonly retention: number;
  /** Who is told of what needs somebody; nobody unless given. */
  readonly alerts?: AlertSettings;
  readonly log: Logger;
  readonly meter?: Meter;
  /** Whom to believe where a request comes from. */
  readonly trustedProxies?: TrustedProxies;
}

/** Everything behind the operators' login. Another page is another file in `pages/`. */
export function openDashboard(parts: DashboardParts): Dashboard {
  const { login, access, apiKeys, system, log, meter, trustedProxies } = parts;
  const queues = followQueues(parts.queues, log);
  const notes = { by: login.user, note: parts.queues.note, log };
  const links = navigation([]).flat();
  const desk = createDesk(parts);
  const replays = startReplays(desk, log);
  const alerts = startAlerts(desk, parts.alerts ?? NOBODY, { log, meter: meter ?? NO_METER });
  const pages = [
    { path: QUEUES_PATH, use: payloadsOnly(createBoard(QUEUES_PATH, queues, links, notes), links) },
    ...createPages({
      desk,
      viewerOf: identityOf,
      links: [{ title: 'Bull Board', path: QUEUES_PATH }],
      log,
    }),
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
      await Promise.all([queues.close(), replays.stop(), alerts.stop()]);
      system.close();
      await parts.queues.close();
    },
  };
}

const NOBODY: AlertSettings = { receivers: [], dashboardUrl: undefined };

/** As often as a replay goes on: its rate is kept in quarters of a second. */
const REPLAY_MS = 250;

/** Carries replays out for as long as this process lives; another dashboard goes on where it ends. */
function startReplays({ log, retention }: Desk, logger: Logger) {
  const runner = new ReplayRunner(log, retention);
  return every(
    REPLAY_MS,
    () => runner.step(),
    // Who else talks to Redis in this process says that it is away.
    (error) => logger.debug('replays', { error: explain(error) }),
  );
}

function createDesk({ queues, system, history, retention, sources = new Map() }: DashboardParts): Desk {
  const { partitions } = queues;
  return {
    system: createSystemView(system),
    log: new EventLog({ partitions, history: async () => history(), sources }),
    history,
    queues: () => queues.list(),
    deadLetters: (by) => openDeadLetters(partitions, Date.now, by),
    note: (act) => queues.note(act),
    retention,
  };
}
