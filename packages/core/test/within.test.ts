import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { equal, equalsAny, LATE, within } from '../src/index.ts';

describe('within', () => {
  it('gives the answer, or throws what it throws', async () => {
    expect(await within(10_000, Promise.resolve(7))).toBe(7);
    await expect(within(10_000, Promise.reject(new Error('no')))).rejects.toThrow('no');
  });

  it('gives up when it takes longer, and not what comes of it', async () => {
    let answer: (value: number) => void = () => undefined;
    const asked = new Promise<number>((resolve) => (answer = resolve));
    expect(await within(1, asked)).toBe(LATE);
    answer(7);
    expect(await within(-1, new Promise(() => undefined))).toBe(LATE);
  });
});

describe('equal', () => {
  it('holds for the secret alone, and for no empty one', () => {
    fc.assert(fc.property(fc.string(), fc.string(), (a, b) => equal(a, b) === (a === b && b !== '')));
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (text) => equal(text, `${text}`) && !equal(text, `${text} `)),
    );
  });

  it('looks through several', () => {
    expect([equalsAny('b', ['a', 'b']), equalsAny('c', ['a', 'b']), equalsAny('', ['', 'a'])]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
