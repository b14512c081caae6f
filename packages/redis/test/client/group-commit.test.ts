import { describe, expect, it } from '@jest/globals';
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import { GroupCommit } from '../../src/client/group-commit.ts';

interface Call {
  readonly items: readonly string[];
  answer(): void;
  fail(error: Error): void;
}

/** Calls that the test answers itself. */
function byHand(sizeOf: (item: string) => number = () => 1, patience = 60_000) {
  const calls: Call[] = [];
  const group = new GroupCommit<string, string>({
    commit: (items) =>
      new Promise((resolve, reject) => {
        calls.push({ items, answer: () => resolve(items.map((item) => `${item}!`)), fail: reject });
      }),
    sizeOf,
    patience,
  });
  return { calls, group };
}

describe('group commit', () => {
  it('sends who comes alone at once, and who comes meanwhile together', async () => {
    const { calls, group } = byHand();
    const first = group.add('a');
    await nextTurn();
    expect(calls.map(({ items }) => items)).toEqual([['a']]);
    const others = ['b', 'c', 'd'].map((item) => group.add(item));
    await nextTurn();
    expect(calls).toHaveLength(1);
    calls[0]?.answer();
    expect(await first).toBe('a!');
    await nextTurn();
    expect(calls.map(({ items }) => items)).toEqual([['a'], ['b', 'c', 'd']]);
    calls[1]?.answer();
    expect(await Promise.all(others)).toEqual(['b!', 'c!', 'd!']);
  });

  it('has three calls in flight when many come meanwhile, and no fourth', async () => {
    const { calls, group } = byHand();
    const come = async (count: number) => {
      for (let n = 0; n < count; n += 1) void group.add('x');
      await nextTurn();
      return calls.map(({ items }) => items.length);
    };
    expect(await come(1)).toEqual([1]);
    expect(await come(7)).toEqual([1]);
    expect(await come(5)).toEqual([1, 12]);
    expect(await come(40)).toEqual([1, 12, 40]);
    expect(await come(40)).toEqual([1, 12, 40]);
    for (const { answer } of calls.slice(0, 2)) answer();
    await nextTurn();
    expect(await come(1)).toEqual([1, 12, 40, 41]);
  });

  it('sends together what comes at one time', async () => {
    const { calls, group } = byHand();
    for (const item of ['a', 'b']) void group.add(item);
    await nextTurn();
    expect(calls.map(({ items }) => items)).toEqual([['a', 'b']]);
  });

  it('does not wait for a call that hangs', async () => {
    const { calls, group } = byHand(undefined, 20);
    void group.add('a');
    await nextTurn();
    const second = group.add('b');
    await wait(60);
    expect(calls.map(({ items }) => items)).toEqual([['a'], ['b']]);
    calls[1]?.answer();
    expect(await second).toBe('b!');
  });

  it('fails a group with its call, and no other', async () => {
    const { calls, group } = byHand();
    const first = group.add('a').catch((error: Error) => error.message);
    await nextTurn();
    const second = group.add('b');
    calls[0]?.fail(new Error('gone'));
    expect(await first).toBe('gone');
    await nextTurn();
    calls[1]?.answer();
    expect(await second).toBe('b!');
  });

  it('splits what is too much for one call, by number and by size, and lets one large item through', async () => {
    const { calls, group } = byHand((item) => item.length);
    for (let n = 0; n < 150; n += 1) void group.add('x');
    await nextTurn();
    expect(calls.map(({ items }) => items.length)).toEqual([100, 50]);

    const large = byHand((item) => item.length);
    for (const size of [300_000, 200_000, 50_000, 20_000]) void large.group.add('x'.repeat(size));
    await nextTurn();
    expect(large.calls.map(({ items }) => items.map(({ length }) => length))).toEqual([
      [300_000],
      [200_000, 50_000],
      [20_000],
    ]);
  });
});
