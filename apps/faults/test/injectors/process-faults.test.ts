import { eventually } from '@hookline/rig';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Member } from '../../src/fleet/member.ts';
import { mutations } from '../../src/injectors/mutations.ts';
import { faultEnvironment, readFaults } from '../../src/injectors/process-faults.ts';
import { applied, rewrittenModules } from '../../src/injectors/rewrite.ts';
import { newId, openProduct, ROOT, send, type Product } from '../product.ts';

let product: Product;
/** A receiver that nothing is wrong with. */
let sound: Member;
beforeAll(async () => {
  product = openProduct();
  sound = await product.fleet.add('receiver');
});
afterAll(() => product.close());

describe('a failpoint', () => {
  it.each([
    ['before', false],
    ['inside', true],
    ['after', true],
  ] as const)('%s accept kills the receiver at the n-th, and that one is kept: %s', async (moment, kept) => {
    const receiver = await product.fleet.add('receiver', {
      faults: { point: { script: 'accept', moment, nth: 2 } },
      supervised: false,
    });
    const { pid } = receiver;
    const [first, second] = [newId(), newId()];
    expect(await send(receiver, first)).toEqual({ status: 200, duplicate: false });
    expect(await send(receiver, second)).toBeUndefined();
    await eventually(() => !receiver.alive);
    expect(await product.has(`stripe.${second}`)).toBe(kept);
    expect(product.fleet.lives.find((life) => life.pid === pid)).toMatchObject({
      asked: undefined,
      signal: 'SIGKILL',
      faults: {
        point: {
          script: 'accept',
          moment,
          nth: 2,
        },
      },
    });
    expect(readFileSync(receiver.logFile, 'utf8')).toContain(`failpoint accept:${moment}:2`);
  });

  it('is gone from the process that takes the place', async () => {
    const receiver = await product.fleet.add('receiver', {
      faults: { point: { script: 'accept', moment: 'after', nth: 1 } },
    });
    const { pid } = receiver;
    const id = newId();
    expect(await send(receiver, id)).toBeUndefined();
    await eventually(() => receiver.pid !== pid);
    await receiver.ready();
    expect(await send(receiver, id)).toEqual({ status: 200, duplicate: true });
    expect(await send(receiver, newId())).toEqual({ status: 200, duplicate: false });
    await receiver.kill();
  });

  it.each(['dispatch', 'keep-effect', 'complete-deliveries'])('at %s kills the worker', async (script) => {
    const worker = await product.fleet.add('worker', {
      faults: { point: { script, moment: 'before', nth: 1 } },
      supervised: false,
    });
    await send(sound, newId());
    await eventually(() => !worker.alive);
    expect(readFileSync(worker.logFile, 'utf8')).toContain(`failpoint ${script}:before:1`);
  });

  it('has exactly one place in the product', () => {
    const scripts = readdirSync(join(ROOT, 'packages/redis/src'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.lua'))
      .filter((file) => readFileSync(join(ROOT, 'packages/redis/src', file), 'utf8').includes('--- @reply'))
      .map((file) => basename(file, '.lua'));
    expect(scripts).toContain('accept');
    for (const script of scripts)
      expect(rewrittenModules(ROOT, { point: { script, moment: 'after', nth: 1 } }).size).toBe(1);
  });

  it('is refused where no script has that name', () => {
    expect(() => rewrittenModules(ROOT, { point: { script: 'settle', moment: 'after', nth: 1 } })).toThrow(
      "expected the script 'settle' once, found it 0 times",
    );
  });
});

describe('a mutation', () => {
  it.each(mutations.map(({ name }) => name))('%s finds what it breaks', (mutation) => {
    expect(rewrittenModules(ROOT, { mutation }).size).toBeGreaterThan(0);
  });

  it('is refused where the product has changed', () => {
    const file = 'packages/redis/dist/worker/worker.js';
    expect(() => applied(ROOT, [{ file, find: /no such line/g, replace: '' }])).toThrow('found it 0 times');
    expect(() => applied(ROOT, [{ file, find: /const /g, replace: '' }])).toThrow('once, found it');
  });

  it('takes the ids away that recognise a copy', async () => {
    const receiver = await product.fleet.add('receiver', { faults: { mutation: 'no-deterministic-id' } });
    const id = newId();
    expect(await send(receiver, id)).toEqual({ status: 200, duplicate: false });
    expect(await send(receiver, id)).toEqual({ status: 200, duplicate: false });
    await receiver.kill();
  });

  it('answers what is not accepted yet', async () => {
    const receiver = await product.fleet.add('receiver', { faults: { mutation: 'answer-before-accept' } });
    const [lost, kept] = [newId(), newId()];
    await send(receiver, kept);
    await eventually(() => product.has(`stripe.${kept}`));
    expect(await send(receiver, lost)).toEqual({ status: 200, duplicate: false });
    await receiver.kill();
    expect(await product.has(`stripe.${lost}`)).toBe(false);
  });

  it('forgets an event with its job', async () => {
    const receiver = await product.fleet.add('receiver', { faults: { mutation: 'dedupe-by-job-id' } });
    const id = newId();
    await send(receiver, id);
    expect(await send(receiver, id)).toEqual({ status: 200, duplicate: true });
    await product.redis.hset(
      `${product.jobKey(`stripe.${id}`).split(':')[0]}/event/stripe.${id}`,
      'status',
      'handled',
    );
    expect(await product.redis.del(product.jobKey(`stripe.${id}`))).toBe(1);
    expect(await send(receiver, id)).toEqual({ status: 200, duplicate: false });
    await receiver.kill();
  });
});

describe('a clock', () => {
  it('jumps at its time, in every way of asking for it', async () => {
    const faults = {
      clock: [
        { afterMs: 0, offsetMs: 3_600_000 },
        { afterMs: 400, offsetMs: -60_000 },
      ],
    };
    const script = `
      const offsets = (truth) => [Date.now(), new Date().getTime(), Date.parse(Date())].map((time) => time - truth);
      const first = [process.hrtime.bigint(), Date.now()];
      setTimeout(() => {
        const passed = Number((process.hrtime.bigint() - first[0]) / 1000000n);
        console.log(JSON.stringify({
          jumped: offsets(first[1] + passed),
          kept: new Date(0).toISOString() + (new Date() instanceof Date),
        }));
      }, 500);`;
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', script], {
      env: faultEnvironment(ROOT, faults),
    });
    const { jumped, kept } = JSON.parse(stdout) as { jumped: number[]; kept: string };
    for (const offset of jumped) expect(Math.abs(offset + 3_660_000)).toBeLessThan(10_000);
    expect(kept).toBe('1970-01-01T00:00:00.000Ztrue');
  });
});

describe('what a process is told', () => {
  it('is read as it was written', () => {
    const faults = {
      point: { script: 'settle', moment: 'inside', nth: 37 },
      clock: [
        { afterMs: 0, offsetMs: 3_600_000 },
        { afterMs: 9_000, offsetMs: -60_000 },
      ],
      mutation: 'max-stalled-count-1',
      folder: '/tmp/with space',
    } as const;
    const written = faultEnvironment('/a b', faults, { NODE_OPTIONS: '--max-old-space-size=64' });
    expect(readFaults(written)).toEqual(faults);
    expect(written['NODE_OPTIONS']).toMatch(/^--max-old-space-size=64 --import=file:\/\/\/a%20b\//);
    expect(readFaults({ FAULT_CLOCK: '5000:+3600000' })).toEqual({
      clock: [{ afterMs: 5_000, offsetMs: 3_600_000 }],
    });
  });

  it.each([{ FAULT_POINT: 'accept:before:0' }, { FAULT_POINT: 'accept:soon:1' }, { FAULT_CLOCK: '5s:+1h' }])(
    'is refused when it says nothing: %j',
    (env) => {
      expect(() => readFaults(env)).toThrow(Object.keys(env)[0]);
    },
  );
});
