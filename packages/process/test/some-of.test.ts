import { describe, expect, it } from '@jest/globals';
import { someOf } from '../src/some-of.ts';

describe('someOf', () => {
  it('names all of a few, the first of many, and none', () => {
    expect(someOf(['a', 'b'])).toBe('a, b');
    expect(someOf(new Set(['a', 'b', 'c']), 2)).toBe('a, b and 1 more');
    expect(someOf([])).toBe('none');
  });
});
