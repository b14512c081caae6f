import { explain, within, type History, type Layout, type Logger, type Meter } from '@hookline/core';
import { HistoryError, openHistory } from '@hookline/history';
import { METRICS, openRecordings, type Recording } from '@hookline/redis';
import { setTimeout as wait } from 'node:timers/promises';
import type { HistoryPlace, HistorySettings } from '../config.ts';
import { worstLag } from './lag.ts';
import { Recorder } from './recorder.ts';
import { Upkeep } from './upkeep.ts';

export interface StartedRecorder {
  /** The history, once it could be opened. */
  history(): History | undefined;
  stop(): Promise<void>;
}

export interface StartRecorderOptions {
  readonly layout: Layout;
  readonly history: HistorySettings;
  readonly log: Logger;
  readonly meter: Meter;
}

const INTERVAL_MS = 200;
/** Longer after a failure: what failed a moment ago fails again. */
const RETRY_MS = 2_000;
/** For Redis and the history to end what is under way. */
const STOP_MS = 5_000;

/**
 * Records what happens in Redis for as long as this process lives. A history that cannot be reached is waited for; one
 * that is none is an error at once.
 * @throws HistoryError that says what to do
 */
export async function startRecorder(options: StartRecorderOptions): Promise<StartedRecorder> {
  const { layout, history: settings, log, meter } = options;
  const recordings = openRecordings(layout, log);
  const close = () => Promise.all(recordings.map((recording) => recording.close()));
  if (settings.place === 'off') {
    const announced = Promise.all(
      recordings.map((recording) => recording.announce('off').catch(() => undefined)),
    );
    log.warn(
      'HISTORY_URL=off: settled events stay in Redis for EVENT_RETENTION, about 3 kB each, and cannot be searched',
    );
    return {
      history: () => undefined,
      stop: () => within(STOP_MS, announced).then(async () => void (await close())),
    };
  }
  meter.gauge(METRICS.historyLag, async () => (await worstLag(recordings)) / 1_000);
  try {
    return keepRecording(recordings, await firstOpening(settings.place, log), {
      ...options,
      place: settings.place,
    });
  } catch (error) {
    await close();
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

/**
 * A recorder for each partition, all into one history, whose transactions wait for each other. Each goes its own way: one
 * whose Redis is away waits for that, and holds up none of the others.
 */
function keepRecording(
  recordings: readonly Recording[],
  opened: History | undefined,
  options: StartRecorderOptions & { readonly place: HistoryPlace },
): StartedRecorder {
  const { log, meter, place } = options;
  const over = new AbortController();
  const countEvents = meter.counter(METRICS.historyEvents);
  const count = (done: 'recorded' | 'given-up', events: number) => countEvents({ done }, events);
  const upkeep = new Upkeep(options.history, log);
  const recorders: Recorder[] = [];
  let history = opened;
  let opening: Promise<History | undefined> | undefined;

  /** However many wait for it, it is opened once. */
  async function open(): Promise<History | undefined> {
    opening ??= openingAgain(place, log).finally(() => (opening = undefined));
    history ??= await opening;
    return history;
  }

  async function run(recording: Recording): Promise<void> {
    await recording.announce('on').catch(() => undefined);
    const its = recordings.length === 1 ? log : named(log, recording.partition);
    let recorder: Recorder | undefined;
    const step = async (): Promise<number> => {
      const into = history ?? (await open());
      if (into === undefined) return RETRY_MS;
      if (recorder === undefined)
        recorders.push((recorder = new Recorder({ recording, history: into, log: its, count })));
      if (!(await recorder.guardedStep())) return RETRY_MS;
      await upkeep.step(into);
      return INTERVAL_MS;
    };
    while (!over.signal.aborted) {
      const pause = await step();
      await wait(pause, undefined, { signal: over.signal, ref: false }).catch(() => undefined);
    }
  }

  const running = recordings.map((recording) =>
    run(recording).catch((error: unknown) =>
      log.error('recording ended', { partition: recording.partition, error: explain(error) }),
    ),
  );
  return {
    history: () => history,
    async stop() {
      over.abort();
      for (const recorder of recorders) recorder.stop();
      await within(STOP_MS, Promise.all(running));
      await Promise.all(recordings.map((recording) => recording.close()));
      await history?.close();
    },
  };
}

/** Says of everything which partition it is about. */
function named(log: Logger, partition: string): Logger {
  const say =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, fields: Record<string, unknown> = {}) =>
      log[level](message, { partition, ...fields });
  return { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') };
}
