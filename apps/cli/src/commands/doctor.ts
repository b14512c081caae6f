import { basePrefixOf, explain, NO_LOG, type Layout } from '@hookline/core';
import { loadSources, type EventLog } from '@hookline/operations';
import { namesOf, readEnvironment, unknownSettings } from '@hookline/process';
import {
  createPartition,
  isRecorded,
  LayoutError,
  lagOf,
  openFleet,
  openSystem,
  brakedHandlers,
  pausedHandlers,
  requireLayout,
  type Partitions,
} from '@hookline/redis';
import { randomBytes } from 'node:crypto';
import type { Command } from '../command.ts';
import { readCliConfig, type CliConfig } from '../config.ts';
import { note, ok, wrong, type Finding } from '../doctor/finding.ts';
import { fleetFindings } from '../doctor/fleet.ts';
import { historyFindings, type SeenHistory } from '../doctor/history.ts';
import { nodeFindings } from '../doctor/nodes.ts';
import { secretFindings, sourcesFinding, trafficFindings } from '../doctor/sources.ts';
import { openEventLog } from '../open-event-log.ts';
import { findReceiver } from '../receiver-address.ts';
import { wrapped } from '../rows.ts';
import { readSearch } from '../search-query.ts';
import type { Write } from '../terminal.ts';
import { lastDay } from '../with-history.ts';
import { withRedis, type AwayRedis } from '../with-redis.ts';

/** Says what is right and wrong with an installation, and how to mend it. */
export default {
  name: 'doctor',
  usage: '',
  says: 'Check settings, secrets, Redis, workers and history',
  options: [{ flag: '--json', says: 'For programs: one JSON line each' }],
  async run({ env, options, terminal: { write } }) {
    const given = readEnvironment(env);
    const config = readCliConfig(given);
    let isWrong = false;
    const tell = (findings: readonly Finding[]) => {
      for (const finding of findings) {
        isWrong ||= finding.level === 'wrong';
        if (options['json'] === true) write(JSON.stringify(finding));
        else describe(finding, write);
      }
    };
    tell([
      ok(`Node ${process.versions.node}, data in ${config.dataDir}`),
      ...unknownSettings(given).map((line) => note(line, 'mend the name, or take it out')),
      sourcesFinding(config.sources, namesOf(config.sources.keys())),
      ...secretFindings(config.sources.values(), randomBytes(32)),
    ]);
    return withRedis(
      config,
      async (partitions, away) => {
        tell(await lookAtRedis(config, partitions, away));
        const mistaken = await lookAtLayout(config.layout, partitions);
        tell(mistaken);
        // What else there is lies in other partitions than these.
        if (mistaken.length > 0) return 1;
        tell(await lookAtFleet(config, partitions));
        const log = openEventLog(config, partitions);
        try {
          tell(await lookAtHistory(config, log));
        } finally {
          await log.close().catch(() => undefined);
        }
        return isWrong ? 1 : 0;
      },
      'any',
    );
  },
} satisfies Command;

const MARKS = { ok: 'ok   ', note: 'note ', wrong: 'WRONG' } as const;

function describe({ level, says, mend }: Finding, write: Write): void {
  write(wrapped(says, `${MARKS[level]} `, '      '));
  if (mend !== undefined) write(wrapped(mend, '      -> ', '         '));
}

async function lookAtRedis(
  { layout, production, dataDir }: CliConfig,
  partitions: Partitions,
  away: readonly AwayRedis[],
) {
  const receiver = findReceiver(dataDir);
  return [
    ...(await nodeFindings(layout, partitions, { away, production })),
    ...(receiver === undefined ? [] : [ok(`'npm start' runs here; its receiver is at ${receiver}`)]),
  ];
}

/** Whether Redis has the partitions that are configured. */
async function lookAtLayout(layout: Layout, { all }: Partitions): Promise<readonly Finding[]> {
  const base = basePrefixOf(layout);
  const looked = await Promise.allSettled(
    [...new Set(layout.map(({ target }) => target))].map((target) => {
      const { connection } = all[layout.findIndex((address) => address.target === target)] ?? all[0];
      return requireLayout(createPartition(connection, base), layout, target, 'look');
    }),
  );
  return looked.flatMap((look) =>
    look.status === 'rejected' && look.reason instanceof LayoutError
      ? [wrong(look.reason.message, 'until then no process of this installation starts with these settings')]
      : [],
  );
}

async function lookAtFleet({ layout }: CliConfig, partitions: Partitions) {
  const system = await openSystem({ layout, log: NO_LOG });
  try {
    const [state, fleet, paused, braked] = await Promise.all([
      system.read(),
      openFleet(partitions).view(),
      pausedHandlers(partitions),
      brakedHandlers(partitions),
    ]);
    return fleetFindings(state, fleet, paused, braked);
  } finally {
    system.close();
  }
}

async function lookAtHistory(config: CliConfig, log: EventLog): Promise<readonly Finding[]> {
  const { partitions } = log;
  const [state, recorded] = await Promise.all([stateOf(config, log), isRecorded(partitions)]);
  const lag = recorded ? await lagOf(partitions) : 0;
  const findings = historyFindings({ state, isRecorded: recorded, lag });
  if (state !== 'open') return findings;
  const now = Date.now();
  const seen = (await loadSources(log, lastDay(now), now)) ?? [];
  const testMode = config.production ? await sourcesInTestMode(log, now) : [];
  return [...findings, ...trafficFindings(seen, { testMode, now })];
}

async function stateOf({ historyUrl }: CliConfig, log: EventLog): Promise<SeenHistory['state']> {
  if (historyUrl === 'off') return 'off';
  try {
    return (await log.history()) === undefined ? 'absent' : 'open';
  } catch (error) {
    return { problem: explain(error) };
  }
}

/** As Stripe and those that are like it say it. */
async function sourcesInTestMode(log: EventLog, now: number): Promise<readonly string[]> {
  const { items } = await log.search(await readSearch('livemode=false from:24h', now), { limit: 20 });
  return [...new Set(items.map(({ source }) => source))];
}
