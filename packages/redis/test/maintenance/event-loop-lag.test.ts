import { Abort } from '../../src/run/abort.ts';
import { eventually } from '@hookline/rig';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { NO_METER, type Meter } from '@hookline/core';
import { newRunId } from '../../src/run/run-id.ts';
import type { RunningAttempt } from '../../src/run/running-attempts.ts';
import { createKeys } from '../../src/client/keys.ts';
import { watchEventLoop } from '../../src/maintenance/event-loop-lag.ts';
import { handler, incoming, openBench, silent, type Bench } from '../support.ts';

let bench: Bench;
beforeEach(() => {
  bench = openBench();
});
afterEach(() => bench.close());

/** Keeps the event loop from turning, as code that computes for long does. */
function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe('a process that stood still', () => {
  it('says so, and looks at once whether its attempts still count', async () => {
    const warnings: string[] = [];
    const looked: string[][] = [];
    const attemptOf = (workId: string): RunningAttempt => ({
      hold: { lease: {} as RunningAttempt['hold']['lease'] },
      run: { id: newRunId(), key: '', suffix: '' },
      workId,
      startedAt: 0,
      isTracked: false,
      abort: new Abort(),
      ending: new Promise(() => undefined),
    });
    const watch = watchEventLoop({
      running: { all: () => ['a', 'b'].map(attemptOf), claimed: () => [] },
      reclaim: async (attempts) => void looked.push(attempts.map(({ workId }) => workId)),
      meter: NO_METER,
      clock: () => performance.now(),
      log: {
        ...silent,
        warn: (message) => void warnings.push(message),
      },
      lock: 200,
      interval: 10,
    });
    block(300);
    await eventually(() => looked.length > 0);
    expect(looked[0]).toEqual(['a', 'b']);
    expect(warnings[0]).toContain('stood still');
    watch.stop();
  });
});

describe('an attempt whose lock is lost', () => {
  it('is counted once, and how its job ended as well', async () => {
    const counted: [string, unknown][] = [];
    const meter: Meter = {
      ...NO_METER,
      counter:
        ({ name }) =>
        (labels) =>
          void counted.push([name, labels]),
    };
    const store = await bench.store();
    const event = incoming();
    await bench.work({
      meter,
      handlers: [
        handler('one', async (_, ctx) => {
          await bench.redis.set(createKeys(bench.prefix).bullLock('default', event.id), 'somebody else');
          await ctx.once('a', () => undefined).catch(() => undefined);
          await ctx.once('b', () => undefined);
        }),
      ],
    });
    await store.accept(event);
    await eventually(() => counted.length >= 3);
    expect(counted).toEqual([
      ['hookline_jobs_begun_total', { queue: 'default' }],
      ['hookline_locks_lost_total', { queue: 'default' }],
      ['hookline_jobs_settled_total', { queue: 'default', outcome: 'lock-lost' }],
    ]);
  });
});
