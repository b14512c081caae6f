import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { NO_LOG, type Logger } from '@hookline/core';
import { eventually } from '@hookline/rig';
import { QueueKeys } from 'bullmq';
import { jobIdProblem, openJobTransfer } from '../../src/index.ts';
import { watchQueueErrors } from '../../src/bullmq/queue-errors.ts';
import { handler, openBench, type Bench } from '../support.ts';

let bench: Bench;
beforeEach(() => {
  bench = openBench();
});
afterEach(() => bench.close());

interface Line {
  readonly message: string;
  readonly fields: Record<string, unknown> | undefined;
}

function errorsInto(lines: Line[]): Logger {
  return { ...NO_LOG, error: (message, fields) => void lines.push({ message, fields }) };
}

describe('a queue whose keys hold something else', () => {
  it('was only in the debug log while none of its jobs ran: it is an error, and the process is stuck', async () => {
    const lines: Line[] = [];
    const work = { handlers: [handler('one', () => undefined)], log: errorsInto(lines) };
    const worker = await bench.work({ ...work, queueErrors: { patience: 1_500 } });
    await bench.redis.del(`${bench.prefix}:default:marker`);
    await bench.redis.hset(`${bench.prefix}:default:marker`, 'name', 'a job');
    await eventually(() => lines.length > 0);
    expect(lines[0]).toMatchObject({
      message: 'a queue fails: its jobs may not run',
      fields: { queue: 'default' },
    });
    expect(String(lines[0]?.fields?.['error'])).toContain('WRONGTYPE');
    expect(worker.stuckQueues()).toEqual([]);
    await eventually(() => worker.stuckQueues().length > 0);
    expect(worker.stuckQueues()).toEqual(['default']);
    expect(lines).toHaveLength(1);
    await bench.redis.del(`${bench.prefix}:default:marker`);
  });

  it('counts as failing no longer once it is quiet, and not for a Redis that is away', () => {
    let [now, isReady] = [0, true];
    const lines: Line[] = [];
    const errors = watchQueueErrors({ log: errorsInto(lines), clock: () => now, isReady: () => isReady });
    const wrong = Object.assign(new Error('WRONGTYPE'), { name: 'ReplyError' });
    for (; now < 62_000; now += 500) errors.note('email', wrong);
    expect(errors.failing()).toEqual(['email']);
    expect(lines.map(({ fields }) => fields?.['times'])).toEqual([1, 60, 60]);
    now += 15_000;
    expect(errors.failing()).toEqual([]);
    isReady = false;
    for (let n = 0; n < 200; n += 1, now += 500) errors.note('email', new Error('Connection is closed.'));
    expect(errors.failing()).toEqual([]);
    expect(lines).toHaveLength(3);
  });
});

describe("a job id that is one of BullMQ's keys", () => {
  it.each(Object.keys(new QueueKeys().getKeys('any')))('is refused: %j', (id) => {
    expect(jobIdProblem(id)).toBeDefined();
  });

  it('is refused by whoever imports it, before anything is written', async () => {
    const queued = {
      kind: 'queued',
      name: 'n',
      queue: 'default',
      state: 'waiting',
      created: 1,
      data: 0,
    } as const;
    const transfer = openJobTransfer({ partitions: bench.partitions, retention: 1 });
    for (const id of ['wait', 'meta', '12', 'a:b'])
      await expect(
        transfer.import([
          { ...queued, id: 'fine' },
          { ...queued, id },
        ]),
      ).rejects.toThrow(`the job id '${id}' cannot be`);
    expect(await bench.redis.keys(`${bench.prefix}*`)).toEqual([]);
  });
});
