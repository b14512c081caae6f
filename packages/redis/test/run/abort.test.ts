import { describe, expect, it } from '@jest/globals';
import { Abort, AttemptAbortedError } from '../../src/run/abort.ts';

const late = new AttemptAbortedError('timeout', 'too late');
const stopping = new AttemptAbortedError('shutdown', 'stopping');

describe('how an attempt is told to stop', () => {
  it('reaches a signal that somebody looked at before, and one that is looked at after', () => {
    const abort = new Abort();
    const told: unknown[] = [];
    abort.signal.addEventListener('abort', () => told.push(abort.signal.reason));
    abort.abort(late);
    expect(told).toEqual([late]);
    const other = new Abort();
    other.abort(late);
    expect([other.signal.aborted, other.signal.reason]).toEqual([true, late]);
    expect(other.signal).toBe(other.signal);
  });

  it('keeps its first reason, and tells its listener once', () => {
    const abort = new Abort();
    let told = 0;
    abort.listen(() => (told += 1));
    abort.abort(late);
    abort.abort(stopping);
    expect([told, abort.reason, abort.wasBy('timeout'), abort.wasBy('shutdown')]).toEqual([
      1,
      late,
      true,
      false,
    ]);
  });

  it('tells nobody once nobody listens', () => {
    const abort = new Abort();
    let told = 0;
    abort.listen(() => (told += 1));
    abort.listen();
    abort.abort(late);
    expect([told, abort.signal.aborted]).toEqual([0, true]);
  });
});
