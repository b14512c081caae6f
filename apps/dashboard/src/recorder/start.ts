import { explain, within, type History, type Logger, type Meter, type RedisTarget } from '@hookline/core';
import { HistoryError, openHistory } from '@hookline/history';
import { METRICS, openRecording, type Recording } from '@hookline/redis';
import { setTimeout as wait } from 'node:timers/promises';
import type { HistoryPlace, HistorySettings } from '../config.ts';
import { Recorder } from './recorder.ts';

export interface StartedRecorder {
  /** The history, once it could be opened. */
  history(): History | undefined;
  stop(): Promise<void>;
}

export interface StartRecorderOptions {
  readonly target: RedisTarget;
  readonly prefix: string;
  readonly history: HistorySettings;
  readonly log: Logger;
  readonly meter: Meter;
}

const INTERVAL_MS = 200;
/** How late what operators see of the last minute may be. */
const SUMMARIZE_INTERVAL_MS = 1_000;
/** Longer after a failure: what failed a moment ago fails again. */
const RETRY_MS = 2_000;
const PRUNE_INTERVAL_MS = 3_600_000;
/** Strangers decide how many refusals there are. */
const MOST_NOTES = 100_000;
/** For Redis and the history to end what is under way. */
const STOP_MS = 5_000;

/**
 * Records what happens in Redis for as long as this process lives. A history that cannot be reached is waited for; one
 * that is none is an error at once.
 * @throws HistoryError that says what to do
 */
export async function startRecorder(options: StartRecorderOptions): Promise<StartedRecorder> {
  const { target, prefix, history: settings, log, meter } = options;
  const recording = openRecording({ target, prefix, log });
  if (settings.place === 'off') {
    const announced = recording.announce('off').catch(() => undefined);
    log.warn(
      'HISTORY_URL=off: settled events stay in Redis for EVENT_RETENTION, about 3 kB each, and cannot be searched',
    );
    return {
      history: () => undefined,
      stop: () => within(STOP_MS, announced).then(() => recording.close()),
    };
  }
  meter.gauge(METRICS.historyLag, async () => (await recording.changes.lag()) / 1_000);
  try {
    return await keepRecording(recording, await firstOpening(settings.place, log), {
      ...options,
      place: settings.place,
    });
  } catch (error) {
    await recording.close();
    throw error;
  }
}

/** @returns `undefined` when it cannot be reached now, and may be later */
async function firstOpening(place: HistoryPlace, log: Logger): Promise<History | undefined> {
  try {
    return await openHistory(place, { log });
  } catch (error) {
    const mayPass =
      error instanceof HistoryError && (error.problem === 'unreachable' || error.problem === 'busy');
    if (!mayPass) throw error;
    log.error('the history cannot be reached; Redis keeps what happens until it can', {
      error: explain(error),
    });
    return undefined;
  }
}

/** That it cannot be reached was said at the start. */
async function openingAgain(place: HistoryPlace, log: Logger): Promise<History | undefined> {
  try {
    const history = await openHistory(place, { log });
    log.info('the history can be reached: recording');
    return history;
  } catch (error) {
    log.debug('history', { error: explain(error) });
    return undefined;
  }
}

async function keepRecording(
  recording: Recording,
  opened: History | undefined,
  options: StartRecorderOptions & { readonly place: HistoryPlace },
): Promise<StartedRecorder> {
  const { log, meter, history: settings, place } = options;
  const over = new AbortController();
  const countEvents = meter.counter(METRICS.historyEvents);
  const count = (done: 'recorded' | 'given-up', events: number) => countEvents({ done }, events);
  let history = opened;
  let recorder: Recorder | undefined;
  let prunedAt = -Infinity;
  let summarizedAt = -Infinity;

  /** A step of it at a time: what is new is recorded in between. */
  async function summarize(into: History): Promise<void> {
    if (performance.now() - summarizedAt < SUMMARIZE_INTERVAL_MS) return;
    try {
      const { more } = await into.summarize();
      if (!more) summarizedAt = performance.now();
    } catch (error) {
      summarizedAt = performance.now();
      log.warn('the history could not sum up what happened', { error: explain(error) });
    }
  }

  async function step(): Promise<number> {
    history ??= await openingAgain(place, log);
    if (history === undefined) return RETRY_MS;
    recorder ??= new Recorder({ recording, history, log, count });
    if (!(await recorder.guardedStep())) return RETRY_MS;
    await summarize(history);
    if (performance.now() - prunedAt < PRUNE_INTERVAL_MS) return INTERVAL_MS;
    prunedAt = performance.now();
    await history
      .prune(limitsOf(settings, Date.now()))
      .catch((error: unknown) =>
        log.warn('the history could not forget what is over its retention', { error: explain(error) }),
      );
    return INTERVAL_MS;
  }

  async function run(): Promise<void> {
    await recording.announce('on').catch(() => undefined);
    while (!over.signal.aborted) {
      const pause = await step();
      await wait(pause, undefined, { signal: over.signal, ref: false }).catch(() => undefined);
    }
  }

  const running = run().catch((error: unknown) => log.error('recording ended', { error: explain(error) }));
  return {
    history: () => history,
    async stop() {
      over.abort();
      recorder?.stop();
      await within(STOP_MS, running);
      await recording.close();
      await history?.close();
    },
  };
}

/** @param now milliseconds since the epoch */
export function limitsOf({ retention, most }: HistorySettings, now: number) {
  return {
    before: now - retention,
    mostRefusals: MOST_NOTES,
    mostAudit: MOST_NOTES,
    perSource: Object.fromEntries([...most].map(([source, count]) => [source, { most: count }])),
  };
}
