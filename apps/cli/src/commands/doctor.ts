import { explain, NO_LOG } from '@hookline/core';
import { loadSources, type EventLog } from '@hookline/operations';
import { namesOf, readEnvironment, unknownSettings } from '@hookline/process';
import {
  isRecorded,
  lagOf,
  openFleet,
  openSystem,
  brakedHandlers,
  pausedHandlers,
  readServer,
  type Partition,
} from '@hookline/redis';
import { randomBytes } from 'node:crypto';
import type { Command } from '../command.ts';
import { readCliConfig, type CliConfig } from '../config.ts';
import { note, ok, type Finding } from '../doctor/finding.ts';
import { fleetFindings } from '../doctor/fleet.ts';
import { historyFindings, type SeenHistory } from '../doctor/history.ts';
import { redisFindings } from '../doctor/redis.ts';
import { secretFindings, sourcesFinding, trafficFindings } from '../doctor/sources.ts';
import { openEventLog } from '../open-event-log.ts';
import { findReceiver } from '../receiver-address.ts';
import { wrapped } from '../rows.ts';
import { readSearch } from '../search-query.ts';
import type { Write } from '../terminal.ts';
import { lastDay } from '../with-history.ts';
import { withRedis } from '../with-redis.ts';

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
    return withRedis(config, async (partition) => {
      tell(await lookAtRedis(config, partition));
      tell(await lookAtFleet(config, partition));
      const log = openEventLog(config, partition);
      try {
        tell(await lookAtHistory(config, log));
      } finally {
        await log.close().catch(() => undefined);
      }
      return isWrong ? 1 : 0;
    });
  },
} satisfies Command;

const MARKS = { ok: 'ok   ', note: 'note ', wrong: 'WRONG' } as const;

function describe({ level, says, mend }: Finding, write: Write): void {
  write(wrapped(says, `${MARKS[level]} `, '      '));
  if (mend !== undefined) write(wrapped(mend, '      -> ', '         '));
}

const PINGS = 15;

async function lookAtRedis({ prefix, production, dataDir }: CliConfig, partition: Partition) {
  const { connection, keys } = partition;
  const facts = await readServer(connection, keys.queues, Date.now);
  const took: number[] = [];
  for (let ping = 0; ping < PINGS; ping += 1) {
    const began = performance.now();
    await connection.hlen(keys.repairs);
    took.push(performance.now() - began);
  }
  const latency = took.toSorted((a, b) => a - b)[Math.floor(PINGS / 2)] ?? 0;
  const receiver = findReceiver(dataDir);
  return [
    ...redisFindings({ facts, latency, prefix, production }),
    ...(receiver === undefined ? [] : [ok(`'npm start' runs here; its receiver is at ${receiver}`)]),
  ];
}

async function lookAtFleet({ redis, prefix }: CliConfig, partition: Partition) {
  const system = await openSystem({ target: redis, prefix, log: NO_LOG });
  try {
    const [state, fleet, paused, braked] = await Promise.all([
      system.read(),
      openFleet(partition).view(),
      pausedHandlers(partition),
      brakedHandlers(partition),
    ]);
    return fleetFindings(state, fleet, paused, braked);
  } finally {
    system.close();
  }
}

async function lookAtHistory(config: CliConfig, log: EventLog): Promise<readonly Finding[]> {
  const { partition } = log;
  const [state, recorded] = await Promise.all([stateOf(config, log), isRecorded(partition)]);
  const lag = recorded ? await lagOf(partition) : 0;
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
