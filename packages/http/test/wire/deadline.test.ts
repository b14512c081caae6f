import { describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDeadline } from '../../src/wire/deadline.ts';

const never = () => new Promise<never>(() => undefined);

describe('the deadline of a request', () => {
  it('gives what the call gives, or throws what it throws', async () => {
    const ask = createDeadline();
    expect(await ask(() => Promise.resolve(7))).toBe(7);
    await expect(ask(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    const fail = () => {
      throw new Error('at once');
    };
    await expect(ask(fail)).rejects.toThrow('at once');
  });

  it('is one for all calls of a request: what the first took, the second has not', async () => {
    const ask = createDeadline();
    await expect(ask(never)).rejects.toThrow(/no answer from the store within \d+ ms/);
    const second = ask(never).catch(() => 'given up');
    expect(await Promise.race([second, sleep(200, 'still waiting')])).toBe('given up');
  });
});
