import { describe, expect, it } from '@jest/globals';
import type { Replay } from '@hookline/redis';
import { describeReplay, exitCodeOf, progressBar } from '../src/replays/describe.ts';

const replay: Replay = {
  id: '281546fee39d3459',
  spec: {
    query: undefined,
    handlers: undefined,
    canary: true,
    failureLimit: 0.2,
    rate: 50,
    by: 'cli:ann',
    reason: 'the bank\u001b[2J\nis back',
  },
  state: 'running',
  why: undefined,
  askedAt: 1_000,
  turnedAt: undefined,
  total: 8,
  position: 4,
  queued: 4,
  open: 1,
  succeeded: 2,
  dead: 1,
  other: 0,
  skipped: { 'its body was given up to make room': 2 },
};

describe('a replay', () => {
  it('is shown with how far it is, and what was left out', () => {
    expect(progressBar(replay)).toBe(
      `[${'#'.repeat(12)}${'.'.repeat(12)}] running: 4/8 events, 2 succeeded, 1 dead, 1 open`,
    );
    const text = describeReplay(replay);
    expect(text).toContain('  because: the bank\\u001b[2J is back\n');
    expect(text).toContain('stops when more than 20 % fail');
    expect(text).toContain('2 events left out: its body was given up to make room');
  });

  it.each<[Partial<Replay>, number]>([
    [{ state: 'done', dead: 0 }, 0],
    [{ state: 'done', dead: 1 }, 1],
    [{ state: 'stopped', dead: 0 }, 1],
    [{ state: 'done', dead: 0, queued: 0 }, 1],
    [{ state: 'running', dead: 0, queued: 0 }, 0],
  ])('%j ends the command with %i', (change, code) => {
    expect(exitCodeOf({ ...replay, ...change })).toBe(code);
  });
});
