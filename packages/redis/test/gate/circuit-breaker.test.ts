import { describe, expect, it } from '@jest/globals';
import { eventually, startOwnRedis } from '@hookline/rig';
import { Circuit } from '../../src/gate/circuit-breaker.ts';
import { openEventStore } from '../../src/index.ts';
import { incoming, silent } from '../support.ts';

function ticks(circuit: Circuit, count: number): void {
  for (let i = 0; i < count; i++) circuit.tick();
}

const never = new Promise<never>(() => undefined);

describe('the circuit', () => {
  it('opens when something has waited for four ticks and nothing was answered', () => {
    const circuit = new Circuit();
    ticks(circuit, 10);
    expect(circuit.isOpen).toBe(false);
    void circuit.watch(never);
    ticks(circuit, 3);
    expect(circuit.isOpen).toBe(false);
    ticks(circuit, 1);
    expect(circuit.isOpen).toBe(true);
  });

  it.each([
    ['an answer', () => Promise.resolve('OK')],
    [
      'an error that Redis answers',
      () => Promise.reject(Object.assign(new Error('ERR'), { name: 'ReplyError' })),
    ],
  ])('closes at %s', async (_, answer) => {
    const circuit = new Circuit();
    void circuit.watch(never);
    ticks(circuit, 4);
    await circuit.watch<unknown>(answer()).catch(() => undefined);
    expect(circuit.isOpen).toBe(false);
  });

  it('stays open when a command is given up, and closes with a new connection', async () => {
    const circuit = new Circuit();
    const command = circuit.watch(Promise.reject(new Error('Command timed out')));
    ticks(circuit, 4);
    await expect(command).rejects.toThrow('timed out');
    ticks(circuit, 1);
    expect(circuit.isOpen).toBe(true);
    circuit.reset();
    ticks(circuit, 10);
    expect(circuit.isOpen).toBe(false);
  });
});

describe('a Redis that is frozen', () => {
  it('is not waited for by each request anew, and asked again as soon as it answers', async () => {
    const redis = await startOwnRedis();
    const target = { kind: 'url', url: redis.url } as const;
    const store = await openEventStore({ layout: [{ target, prefix: '{own}' }], log: silent });
    try {
      expect((await store.accept(incoming())).kind).toBe('accepted');
      redis.freeze();
      expect((await store.accept(incoming())).kind).toBe('unavailable');
      for (let i = 0; i < 20; i++)
        expect(await store.accept(incoming())).toEqual({
          kind: 'unavailable',
          reason: 'Redis does not answer',
        });
      redis.thaw();
      const event = incoming();
      await eventually(async () => ['accepted', 'duplicate'].includes((await store.accept(event)).kind));
    } finally {
      await store.close();
      await redis.stop();
    }
  });
});
