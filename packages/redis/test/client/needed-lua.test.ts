import { describe, expect, it } from '@jest/globals';
import { neededOf } from '../../src/client/needed-lua.ts';

const PIECES = [
  '--- What others build on.\n\nlocal startedAt, LIMIT = 0, 5\n\n-- Said twice.\nlocal function now()\n  return startedAt\nend\n',
  'local function later() return now() + LIMIT end\n\nlocal TABLE = {\n  a = 1,\n}\n\nlocal function unused()\n  return TABLE\nend',
];

describe('what a script needs of shared pieces', () => {
  it('is what it names, and what that names, in their order', () => {
    expect(neededOf(PIECES, 'return later()')).toBe(
      'local startedAt, LIMIT = 0, 5\nlocal function now()\n  return startedAt\nend\nlocal function later() return now() + LIMIT end',
    );
  });

  it('is nothing where it names nothing of theirs', () => {
    expect(neededOf(PIECES, 'return latest')).toBe('');
  });

  it('is a definition of several lines as a whole', () => {
    expect(neededOf(PIECES, 'return TABLE')).toBe('local TABLE = {\n  a = 1,\n}');
  });

  it('may not do anything by itself', () => {
    expect(() => neededOf(["redis.call('PING')"], '')).toThrow(/may only define/);
  });
});
