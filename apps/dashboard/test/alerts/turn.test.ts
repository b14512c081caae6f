import { describe, expect, it } from '@jest/globals';
import type { AlertBook, AlertMessage, AlertRecord } from '@hookline/redis';
import fc from 'fast-check';
import { MOST_MESSAGES, turnOf, WINDOW_MS } from '../../src/alerts/turn.ts';
import type { Signal } from '../../src/signals/signal.ts';

const MINUTE = 60_000;

function issue(name: string): Signal {
  return {
    kind: 'issue',
    key: `issue:${name}`,
    title: `${name} fails`,
    says: ['', name, ' fails'],
    path: `/admin/issues/${name}`,
  };
}
const HIDES_ISSUES: Signal = {
  kind: 'unseen',
  key: 'unseen:the issues',
  title: '',
  says: ['', '', ''],
  path: '',
  hides: ['issue'],
};

/** What Redis keeps between two looks, without Redis. */
class Book implements AlertBook {
  readonly records = new Map<string, AlertRecord>();
  readonly sent: AlertMessage[] = [];
  #counted: number[] = [];
  #now = 0;
  #count = 0;

  get told(): number {
    return this.#counted.filter((at) => at > this.#now - WINDOW_MS).length;
  }

  /** @returns what is told, as `state key` */
  look(now: number, ...signals: readonly Signal[]): readonly string[] {
    this.#now = now;
    const { records, messages, counted } = turnOf(signals, this, now, () => String((this.#count += 1)));
    for (const [key, record] of records)
      if (record === undefined) this.records.delete(key);
      else this.records.set(key, record);
    this.#counted = [...this.#counted, ...counted.map(() => now)];
    this.sent.push(...messages);
    return messages.map(({ state, key }) => `${state} ${key}`);
  }
}

describe('what fires', () => {
  it('is told once, and once when it is over', () => {
    const book = new Book();
    expect(book.look(0, issue('a'))).toEqual(['firing issue:a']);
    expect(book.look(1, issue('a'), issue('b'))).toEqual(['firing issue:b']);
    expect(book.look(2, issue('a'), issue('b'))).toEqual([]);
    expect(book.look(3, issue('b'))).toEqual(['resolved issue:a']);
    expect(book.look(4, issue('b'))).toEqual([]);
    expect(book.sent[0]).toEqual({
      id: '1',
      kind: 'issue',
      key: 'issue:a',
      state: 'firing',
      title: 'a fails',
      detail: 'a fails',
      path: '/admin/issues/a',
      at: 0,
    });
    expect(book.sent.at(-1)).toMatchObject({ title: 'a fails', path: '/admin/issues/a', at: 3 });
  });

  it('is not over only because nobody can see it now', () => {
    const book = new Book();
    book.look(0, issue('a'));
    expect(book.look(1, HIDES_ISSUES)).toEqual([]);
    expect(book.look(2, issue('a'))).toEqual([]);
    expect(book.look(3)).toEqual(['resolved issue:a']);
  });

  it('again soon after it was over is told ten minutes after that, if it still does', () => {
    const book = new Book();
    book.look(0, issue('a'));
    book.look(MINUTE);
    expect(book.look(2 * MINUTE, issue('a'))).toEqual([]);
    expect(book.look(3 * MINUTE)).toEqual([]);
    expect(book.look(11 * MINUTE - 1, issue('a'))).toEqual([]);
    expect(book.look(11 * MINUTE, issue('a'))).toEqual(['firing issue:a']);
    book.look(12 * MINUTE);
    book.look(22 * MINUTE);
    expect(book.records.size).toBe(0);
  });
});

describe('many at once', () => {
  const many = Array.from({ length: 45 }, (_, index) => issue(String(index)));

  it('are 20 messages, and one that says how many are held back; the others are told when there is room', () => {
    const book = new Book();
    const first = book.look(0, ...many);
    expect(first).toHaveLength(MOST_MESSAGES + 1);
    expect(book.sent.at(-1)).toMatchObject({ key: 'held-back', title: '25 more alerts are held back' });
    expect(book.look(MINUTE, ...many)).toEqual([]);
    const second = book.look(WINDOW_MS, ...many);
    expect(second).toHaveLength(MOST_MESSAGES + 1);
    expect(book.sent.at(-1)).toMatchObject({ state: 'firing', title: '5 more alerts are held back' });
    const third = book.look(2 * WINDOW_MS, ...many);
    expect(third.filter((told) => told.startsWith('firing issue'))).toHaveLength(5);
    expect(third.at(-1)).toBe('resolved held-back');
    const told = book.sent.filter(({ key }) => key.startsWith('issue')).map(({ key }) => key);
    expect(new Set(told).size).toBe(45);
    expect(told).toHaveLength(45);
  });

  it('are told by how urgent they are', () => {
    const full: Signal = {
      kind: 'memory',
      key: 'memory:redis',
      title: 'Redis is nearly full',
      says: ['', '', ''],
      path: '',
    };
    expect(new Book().look(0, ...many, full)[0]).toBe('firing memory:redis');
  });

  it('that are over before there is room were never told, and those that were are told to be over', () => {
    const book = new Book();
    book.look(0, ...many);
    const over = book.look(MINUTE);
    expect(over).toEqual([]);
    const later = book.look(WINDOW_MS);
    expect(later.filter((told) => told.startsWith('resolved issue'))).toHaveLength(20);
    expect(later.filter((told) => told.startsWith('firing'))).toEqual([]);
  });
});

it('tells in turns that something fires and is over, never more than fit, and in the end what is true', () => {
  const names = ['a', 'b', 'c'];
  const looks = fc.array(
    fc.record({
      wait: fc.integer({ min: 1, max: 15 }),
      firing: fc.subarray(Array.from({ length: 30 }, (_, index) => `${names[index % 3]}${index}`)),
      isHidden: fc.boolean(),
    }),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(looks, (steps) => {
      const book = new Book();
      let now = 0;
      for (const { wait, firing, isHidden } of steps) {
        now += wait * MINUTE;
        book.look(now, ...firing.map(issue), ...(isHidden ? [HIDES_ISSUES] : []));
      }
      const last = steps.at(-1)?.firing ?? [];
      for (let more = 0; more < 6; more += 1) book.look((now += WINDOW_MS), ...last.map(issue));
      const told = book.sent.filter(({ kind }) => kind === 'issue');
      for (const key of new Set(told.map((each) => each.key))) {
        const states = told.filter((each) => each.key === key).map(({ state }) => state);
        for (const [index, state] of states.entries())
          expect(state).toBe(index % 2 === 0 ? 'firing' : 'resolved');
      }
      const isTold = (key: string) => told.findLast((each) => each.key === key)?.state === 'firing';
      expect(new Set(told.filter(({ key }) => isTold(key)).map(({ key }) => key))).toEqual(
        new Set(last.map((name) => `issue:${name}`)),
      );
      for (const { at } of told)
        expect(told.filter((each) => each.at > at - WINDOW_MS && each.at <= at).length).toBeLessThanOrEqual(
          MOST_MESSAGES,
        );
    }),
    { numRuns: 100 },
  );
});
