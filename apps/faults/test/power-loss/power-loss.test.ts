import { describe, expect, it } from '@jest/globals';
import type { AnswerLine } from '../../src/checkers/ledger.ts';
import { LEVELS, settingsOf } from '../../src/power-loss/levels.ts';
import { lossOf, worstOf } from '../../src/power-loss/loss.ts';
import { powerLoss } from '../../src/power-loss/power-loss.ts';

const CUT_AT = 10_000;

function answer(id: string, at: number, more: Partial<AnswerLine> = {}): AnswerLine {
  return { id, status: 200, at, ms: 5, to: 0, ...more };
}

describe('what a power cut has cost', () => {
  it('is what was acknowledged and is not there, back to the oldest acknowledgement', () => {
    const answers = [answer('a', 9_000), answer('b', 9_400), answer('c', 9_200), answer('d', 9_900)];
    const loss = lossOf(answers, (id) => id === 'a' || id === 'd', CUT_AT);
    expect(loss).toEqual({ acknowledged: 4, lost: 2, windowMs: 795 });
  });

  it('is nothing that had no 2xx: the provider sends that again', () => {
    const answers = [answer('a', 1_000, { status: 503 }), answer('b', 2_000, { status: 0 })];
    expect(lossOf(answers, () => false, CUT_AT)).toEqual({ acknowledged: 0, lost: 0, windowMs: 0 });
  });

  it('counts an event once, from its first acknowledgement', () => {
    const answers = [
      answer('a', 7_000, { status: 503 }),
      answer('a', 9_000, { again: 'resend' }),
      answer('a', 9_800, { again: 'copy' }),
    ];
    expect(lossOf(answers, () => false, CUT_AT)).toEqual({ acknowledged: 1, lost: 1, windowMs: 995 });
  });

  it('has no negative window for an answer that was on its way', () => {
    expect(lossOf([answer('a', 9_998)], () => false, CUT_AT)).toMatchObject({ lost: 1, windowMs: 0 });
  });

  it('is, over several cuts, the most that was lost at once and the longest window', () => {
    const losses = [
      { acknowledged: 10, lost: 4, windowMs: 20 },
      { acknowledged: 20, lost: 1, windowMs: 900 },
    ];
    expect(worstOf(losses)).toEqual({ acknowledged: 30, lost: 4, windowMs: 900 });
  });
});

describe('the levels', () => {
  it('are named by what Redis is told, and each row is another', () => {
    const rows = LEVELS.map((level) => `${level.ack}, ${settingsOf(level)}, ${level.what}`);
    expect(rows).toContain('fsync, appendfsync always, Redis loses power');
    expect(new Set(rows).size).toBe(LEVELS.length);
  });
});

describe('faults --power-loss', () => {
  it('names everything that is missing for it, or wrong', async () => {
    const order = { root: '/nowhere', folder: '/nowhere', env: { PATH: '/nowhere' }, seed: 1, seeds: 1 };
    const expected = process.platform === 'linux' ? 'mkfs.ext4' : 'Linux';
    await expect(powerLoss(order)).rejects.toThrow(expected);
    for (const seeds of [0, 1.5])
      await expect(powerLoss({ ...order, seeds })).rejects.toThrow(`'${seeds}' is no number of cuts`);
  });
});
