import { explain, LATE, within } from '@hookline/core';
import { loadSources } from '@hookline/operations';
import {
  brakedHandlers,
  isRecorded,
  lagOf,
  oldestWaiting,
  pausedHandlers,
  readDepths,
  type SystemState,
} from '@hookline/redis';
import type { Desk } from '../desk.ts';
import { partitionsText } from '../kit/partitions.ts';
import { loadSchedules } from '../schedules-view.ts';
import { systemSignals } from '../system-warnings.ts';
import { backlogSignals } from './backlog.ts';
import { brakeSignals, handlerSignals } from './handlers.ts';
import { issueSignals } from './issues.ts';
import { recorderSignals } from './recorder-lag.ts';
import { refusalSignals, REFUSALS_MS, USUAL_MS } from './refusals.ts';
import { scheduleSignals } from './schedules.ts';
import type { Signal, SignalKind } from './signal.ts';
import { silentSourceSignals } from './silent-sources.ts';

const MOST_ISSUES = 200;
/** What takes longer is left out, so that one slow answer holds up nothing else. */
const PART_MS = 5_000;

/**
 * Everything that needs somebody now; the most urgent first. What cannot be told is a signal of its own, and hides no other.
 * @param now milliseconds since the epoch
 */
export async function loadSignals(desk: Desk, now: number): Promise<readonly Signal[]> {
  const parts = await Promise.all([
    part('Redis', REDIS_KINDS, () => systemPart(desk)),
    part('the brakes', ['brake'], async () => brakeSignals(await brakedHandlers(desk.log.partitions))),
    part('the backlog', ['backlog'], () => backlogPart(desk)),
    part("the history's lag", ['recorder-lag'], () => recorderPart(desk)),
    part('the schedules', ['schedule'], async () => scheduleSignals(await loadSchedules({ desk }))),
    part('the sources', ['refusals', 'silent-source'], () => sourcesPart(desk, now)),
    part('the issues', ['issue'], () => issuesPart(desk, now)),
  ]);
  return parts.flat();
}

/** Each page that is open asks every two seconds, and what fires is known no sooner for that. */
const RECENT_MS = 5_000;
const recent = new WeakMap<Desk, { readonly at: number; readonly signals: Promise<readonly Signal[]> }>();

/** The same, of a few seconds ago where somebody asked then. */
export function recentSignals(desk: Desk, now: number): Promise<readonly Signal[]> {
  const known = recent.get(desk);
  if (known !== undefined && Math.abs(now - known.at) < RECENT_MS) return known.signals;
  const signals = loadSignals(desk, now);
  recent.set(desk, { at: now, signals });
  return signals;
}

async function part(
  name: string,
  kinds: readonly SignalKind[],
  load: () => Promise<readonly Signal[]>,
): Promise<readonly Signal[]> {
  try {
    const found = await within(PART_MS, load());
    return found === LATE ? [unseen(name, kinds, `no answer in ${PART_MS / 1_000} s`)] : found;
  } catch (error) {
    return [unseen(name, kinds, explain(error))];
  }
}

function unseen(name: string, hides: readonly SignalKind[], why: string): Signal {
  return {
    kind: 'unseen',
    key: `unseen:${name}`,
    title: `What ${name} says is unknown`,
    says: [`What ${name} says is unknown now: `, why, ''],
    path: '/admin/system',
    hides,
  };
}

/** Where no history is kept: the page says so anyway. */
export const NO_HISTORY_KEY = 'unseen:no-history';

function noHistory(hides: readonly SignalKind[]): readonly Signal[] {
  const title = 'There is no history to tell from';
  return [
    { kind: 'unseen', key: NO_HISTORY_KEY, title, says: ['', title, ''], path: '/admin/system', hides },
  ];
}

/** What Redis and the processes tell. */
const REDIS_KINDS = ['memory', 'partition-away', 'unworked', 'notice'] as const;

/** An alert is not over because its partition does not answer. */
function hiddenBy({ away }: SystemState): readonly Signal[] {
  const hides = ['memory', 'unworked', 'backlog', 'brake', 'recorder-lag', 'notice'] as const;
  return away.length === 0 ? [] : [unseen(partitionsText(away), hides, 'no answer')];
}

async function systemPart(desk: Desk): Promise<readonly Signal[]> {
  const { state, problem } = await desk.system.look();
  const signals = state === undefined ? [] : [...systemSignals(state), ...hiddenBy(state)];
  return problem === undefined
    ? [...signals, ...handlerSignals(await pausedHandlers(desk.log.partitions))]
    : [unseen('Redis', REDIS_KINDS, problem), ...signals];
}

async function backlogPart(desk: Desk): Promise<readonly Signal[]> {
  const { state, problem } = await desk.system.look();
  if (state === undefined || problem !== undefined)
    return [unseen('the backlog', ['backlog'], 'Redis is away')];
  const { partitions } = desk.log;
  const [depths, oldest] = await Promise.all([
    readDepths(partitions),
    oldestWaiting(
      partitions,
      state.queues.map(({ name }) => name),
    ),
  ]);
  return backlogSignals(state, depths, oldest);
}

async function recorderPart(desk: Desk): Promise<readonly Signal[]> {
  const { partitions } = desk.log;
  return recorderSignals((await isRecorded(partitions)) ? await lagOf(partitions) : 0);
}

async function sourcesPart(desk: Desk, now: number): Promise<readonly Signal[]> {
  const until = now - REFUSALS_MS;
  const [recent, before] = await Promise.all([
    loadSources(desk.log, { from: until, until: now }, now),
    desk.history()?.sources({ from: until - USUAL_MS, until }),
  ]);
  if (recent === undefined || before === undefined) return noHistory(['refusals', 'silent-source']);
  return [...refusalSignals(recent, before), ...silentSourceSignals(recent, now)];
}

/** Of more than the newest few it is not known which are over. */
async function issuesPart(desk: Desk, now: number): Promise<readonly Signal[]> {
  const page = await desk.history()?.issues({ state: 'open', now, limit: MOST_ISSUES });
  if (page === undefined) return noHistory(['issue']);
  const signals = issueSignals(page.items);
  if (page.next === undefined) return signals;
  return [...signals, unseen('the older issues', ['issue'], `more than ${MOST_ISSUES} are open`)];
}
