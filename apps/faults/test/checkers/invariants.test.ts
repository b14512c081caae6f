import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { judge, type Ledger } from '../../src/checkers/invariants.ts';
import type { Life } from '../../src/fleet/lives.ts';
import { planEvents } from '../../src/workload/workload.ts';
import { unheardOf } from '../../src/checkers/ledger.ts';
import { line, soundLedger, START, WORKER } from './ledgers.ts';

function broken(ledger: Ledger): readonly string[] {
  return judge(ledger)
    .equations.filter((equation) => equation.broken.length > 0)
    .map(({ name }) => name);
}

function first(ledger: Ledger, kind: string) {
  const found = ledger.planned.find((event) => event.kind === kind);
  if (found === undefined) throw new Error(`no event is ${kind}`);
  return found;
}

const withoutEffects = (ledger: Ledger, id: string) => ledger.effects.filter((effect) => effect.id !== id);

describe('the equations', () => {
  it('hold for a run in which everything went well', () => {
    const verdict = judge(soundLedger());
    expect(verdict.equations.flatMap((equation) => equation.broken)).toEqual([]);
    expect(verdict.holds).toBe(true);
    expect(verdict.counts).toMatchObject({ sent: 60, acknowledged: 60, faults: 1 });
  });

  it('fail a run that injected nothing', () => {
    expect(broken({ ...soundLedger(), faults: [] })).toEqual(['faults']);
  });

  it('notice an acknowledged event without an effect, whichever it is', () => {
    const ledger = soundLedger(3, 40);
    const working = ledger.planned.filter(({ kind }) => kind !== 'doomed' && kind !== 'bank');
    fc.assert(
      fc.property(fc.constantFrom(...working), ({ id }) => {
        expect(broken({ ...ledger, effects: withoutEffects(ledger, id) })).toEqual(['lost', 'complete']);
      }),
    );
  });

  it('do not call lost what is pending, but say that it is', () => {
    const ledger = soundLedger();
    const { id } = first(ledger, 'recorded');
    const events = ledger.rest.events.map((event) =>
      event.id === id ? { ...event, status: 'queued' } : event,
    );
    expect(
      broken({ ...ledger, effects: withoutEffects(ledger, id), rest: { ...ledger.rest, events } }),
    ).toEqual(['pending', 'complete']);
  });

  it('wait for what was acknowledged and may lie in a spool, and for nothing that has to fail', () => {
    const { planned, answers, effects } = soundLedger();
    expect(unheardOf(planned, { answers, effects }, new Set())).toBe(0);
    const { id } = first(soundLedger(), 'recorded');
    const without = effects.filter((effect) => effect.id !== id);
    expect(unheardOf(planned, { answers, effects: without }, new Set())).toBe(1);
    expect(unheardOf(planned, { answers, effects: without }, new Set([id]))).toBe(0);
    expect(unheardOf(planned, { answers: [], effects: without }, new Set())).toBe(0);
  });

  it('notice jobs that are left, and ones that no list holds', () => {
    const { rest, ...ledger } = soundLedger();
    expect(broken({ ...ledger, rest: { ...rest, liveJobs: ['mail:1'] } })).toEqual(['pending']);
    expect(broken({ ...ledger, rest: { ...rest, orphanJobs: ['mail:1'] } })).toEqual(['pending']);
  });

  it('notice an event that never had a 2xx', () => {
    const ledger = soundLedger();
    const [, ...answers] = ledger.answers;
    expect(broken({ ...ledger, answers })).toEqual(['complete']);
  });

  it('notice effects, events and dead letters that nobody sent', () => {
    const ledger = soundLedger();
    const [stranger] = planEvents(99, 1);
    if (stranger === undefined) throw new Error('no event was planned');
    const [handler] = stranger.expected;
    expect(
      broken({ ...ledger, effects: [...ledger.effects, line('effect', stranger, handler?.handler ?? '')] }),
    ).toContain('phantom');
    const [twin] = ledger.rest.events;
    if (twin === undefined) throw new Error('no event is stored');
    const events = [...ledger.rest.events, { ...twin, event: `${twin.event}-copy` }];
    expect(broken({ ...ledger, rest: { ...ledger.rest, events } })).toEqual(['phantom']);
    const letter = { event: twin.event, handler: 'nobody', reason: 'non-retryable', attempts: 1 };
    const deadLetters = [...ledger.rest.deadLetters, letter];
    expect(broken({ ...ledger, rest: { ...ledger.rest, deadLetters } })).toEqual(['phantom']);
  });

  it('notice other bytes, at the handler and in the store', () => {
    const ledger = soundLedger();
    const { id } = first(ledger, 'recorded');
    const sha = '0'.repeat(64);
    expect(
      broken({
        ...ledger,
        effects: ledger.effects.map((effect) => (effect.id === id ? { ...effect, sha } : effect)),
      }),
    ).toEqual(['corrupt']);
    const events = ledger.rest.events.map((event) => (event.id === id ? { ...event, intact: false } : event));
    expect(broken({ ...ledger, rest: { ...ledger.rest, events } })).toEqual(['corrupt']);
  });

  it('want damaged bytes among the dead letters, and without an effect', () => {
    const ledger = soundLedger();
    const { id } = first(ledger, 'recorded');
    const events = ledger.rest.events.map((event) => (event.id === id ? { ...event, intact: false } : event));
    const damaged = { ...ledger, rest: { ...ledger.rest, events }, damaged: new Set([id]) };
    expect(broken(damaged)).toEqual(['ends']);
    const event = events.find((stored) => stored.id === id)?.event ?? '';
    const letter = { event, handler: 'record', reason: 'non-retryable', attempts: 1 };
    expect(
      broken({
        ...damaged,
        effects: withoutEffects(ledger, id),
        rest: { ...damaged.rest, deadLetters: [...ledger.rest.deadLetters, letter] },
      }),
    ).toEqual([]);
  });

  it('notice what ended the wrong way, and a dead letter without its history', () => {
    const ledger = soundLedger();
    const doomed = first(ledger, 'doomed');
    expect(broken({ ...ledger, effects: [...ledger.effects, line('effect', doomed, 'doomed')] })).toEqual([
      'ends',
    ]);
    const deadLetters = ledger.rest.deadLetters.map((letter) => ({ ...letter, attempts: 0 }));
    expect(broken({ ...ledger, rest: { ...ledger.rest, deadLetters } })).toEqual(['ends']);
  });

  it('notice a second charge, and one that was never made', () => {
    const ledger = soundLedger();
    const { id } = first(ledger, 'bank');
    const twice = [...ledger.bank, { key: 'another', id, repeated: false, at: START }];
    expect(broken({ ...ledger, bank: twice })).toEqual(['bank']);
    expect(broken({ ...ledger, bank: ledger.bank.filter((charge) => charge.id !== id) })).toEqual(['bank']);
    const replayed = [...ledger.bank, { key: 'same', id, repeated: true, at: START }];
    expect(broken({ ...ledger, bank: replayed })).toEqual([]);
  });

  it('notice an answer that came late or not at all', () => {
    const ledger = soundLedger();
    const late = (change: object) =>
      ledger.answers.map((answer, n) => (n === 5 ? { ...answer, ...change } : answer));
    expect(broken({ ...ledger, answers: late({ ms: 501 }) })).toEqual(['answers']);
    const unanswered = { status: 0, ms: 3 };
    expect(
      broken({ ...ledger, answers: [...ledger.answers, { ...late(unanswered)[5]!, again: 'copy' }] }),
    ).toEqual(['answers']);
  });

  it('notice a handler that began before one that arrived earlier', () => {
    const ledger = soundLedger();
    const { id } = first(ledger, 'recorded');
    const effects = ledger.effects.map((effect) =>
      effect.id === id ? { ...effect, received: effect.received + 10_000 } : effect,
    );
    expect(broken({ ...ledger, effects })).toEqual(['order']);
    expect(broken({ ...ledger, effects, ordered: false })).toEqual([]);
  });
});

describe('a second effect', () => {
  const DEATH = START + 30_000;
  const life: Life = {
    role: 'worker',
    slot: 1,
    pid: WORKER + 1,
    from: START - 1_000,
    to: DEATH,
    code: null,
    signal: 'SIGKILL',
    asked: 'SIGKILL',
    pauses: [],
    faults: {},
  };

  /** Effects of the process that died, each made so long before its death, and once more by another. */
  function ledgerWith(kind: string, beforeDeath: readonly number[]): Ledger {
    const ledger = soundLedger(11, 200);
    const handler = kind === 'split' ? 'second' : 'record';
    const victims = ledger.planned.filter((event) => event.kind === kind).slice(0, beforeDeath.length);
    const again = victims.map((event, n) => ({
      ...line('effect', event, handler),
      pid: life.pid,
      at: DEATH - (beforeDeath[n] ?? 0),
    }));
    const effects = ledger.effects.map((effect) =>
      effect.what === 'effect' && victims.some(({ id }) => id === effect.id) && effect.handler === handler
        ? { ...effect, at: DEATH + 9_000 }
        : effect,
    );
    const all = [...effects, ...again].toSorted((a, b) => a.at - b.at);
    return { ...ledger, effects: all, lives: [...ledger.lives, life], ordered: false };
  }

  it('is explained by the death of the process that was about to keep the first', () => {
    const verdict = judge(ledgerWith('recorded', [20]));
    expect(verdict.holds).toBe(true);
    expect(verdict.counts.explainedSeconds).toBe(1);
  });

  it('is explained only once for each death', () => {
    expect(broken(ledgerWith('recorded', [20, 40]))).toEqual(['once']);
  });

  it('is not explained by a death that came when the first was long kept', () => {
    expect(broken(ledgerWith('recorded', [5_000]))).toEqual(['once']);
    expect(broken(ledgerWith('split', [5_000]))).toEqual(['plain']);
  });

  it('may befall several handlers that do without ctx.once', () => {
    expect(broken(ledgerWith('split', [10, 20, 30]))).toEqual([]);
  });

  it('is explained when the process that made it was stopped as it was about to, and not when it was long awake', () => {
    const stopped = (until: number): Ledger => {
      const ledger = soundLedger(11, 200);
      const [victim] = ledger.planned.filter((event) => event.kind === 'recorded');
      if (victim === undefined) throw new Error('no event is recorded');
      const again = { ...line('effect', victim, 'record'), pid: life.pid, at: START + 20_000 };
      const pauses = [{ kind: 'blocked', from: START - 500, to: until }] as const;
      const lives = [...ledger.lives, { ...life, to: undefined, pauses }];
      return { ...ledger, effects: [...ledger.effects, again], lives, ordered: false };
    };
    expect(broken(stopped(START + 19_990))).toEqual([]);
    expect(broken(stopped(START + 15_000))).toEqual(['once']);
  });

  it('is explained by a Redis that was away only where a handler does without ctx.once', () => {
    const away = { kind: 'SIGKILL', target: 'redis', pids: [], at: DEATH - 6_000, until: DEATH - 1_000 };
    const during = (kind: string): Ledger => {
      const ledger = ledgerWith(kind, [5_000]);
      return { ...ledger, faults: [...ledger.faults, away] };
    };
    expect(broken(during('recorded'))).toEqual(['once']);
    expect(broken(during('split'))).toEqual([]);
    expect(broken({ ...during('recorded'), takesOver: true })).toEqual([]);
  });

  it('is not explained by a server that was lost at another time, though another one took over from it', () => {
    const lost = { kind: 'SIGKILL', target: 'redis', pids: [], at: DEATH - 60_000, until: DEATH - 50_000 };
    const ledger = ledgerWith('recorded', [5_000]);
    expect(broken({ ...ledger, faults: [...ledger.faults, lost], takesOver: true })).toEqual(['once']);
  });

  it('is not explained by the death of another process', () => {
    const ledger = ledgerWith('recorded', [20]);
    const lives = ledger.lives.map((one) => (one === life ? { ...life, pid: WORKER + 2 } : one));
    expect(broken({ ...ledger, lives })).toEqual(['once']);
  });
});
