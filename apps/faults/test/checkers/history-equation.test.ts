import { describe, expect, it } from '@jest/globals';
import type { RecordedEvent } from '../../src/checkers/history-audit.ts';
import { judge } from '../../src/checkers/invariants.ts';
import { planEvents } from '../../src/workload/workload.ts';
import { soundHistory, soundLedger } from './ledgers.ts';

const ledger = soundHistory();
const brokenIn = (changed: typeof ledger): readonly string[] =>
  judge(changed).equations.flatMap(({ name, broken }) => broken.map((line) => `${name}: ${line}`));
const recorded = (change: (event: RecordedEvent) => readonly RecordedEvent[]) =>
  brokenIn({ ...ledger, history: { ...ledger.history, recorded: ledger.history.recorded.flatMap(change) } });

function first(kind: string): string {
  const found = ledger.planned.find((event) => event.kind === kind);
  if (found === undefined) throw new Error(`no event is ${kind}`);
  return found.id;
}
function withoutBytes(event: RecordedEvent): readonly RecordedEvent[] {
  const { bodySha: _, ...rest } = event;
  return [event.id === first('recorded') ? rest : event];
}
const only = (id: string, change: Partial<RecordedEvent>) =>
  recorded((event) => [event.id === id ? { ...event, ...change } : event]);

describe('the equation of the history', () => {
  const id = first('recorded');

  it('holds where everything is recorded, and is not asked where no history is kept', () => {
    expect(brokenIn(ledger)).toEqual([]);
    expect(judge(soundLedger()).equations.map(({ name }) => name)).not.toContain('history');
  });

  it('notices an event that is missing, and one that is there twice', () => {
    expect(recorded((event) => (event.id === id ? [] : [event]))).toEqual([`history: ${id} is not in it`]);
    expect(recorded((event) => (event.id === id ? [event, event] : [event]))).toEqual([
      `history: ${id} is in it 2 times`,
    ]);
  });

  it('notices an event that was never sent', () => {
    const [stranger] = planEvents(99, 1);
    const copy = { ...ledger.history.recorded[0], id: stranger?.id ?? '' } as RecordedEvent;
    const history = { ...ledger.history, recorded: [...ledger.history.recorded, copy] };
    expect(brokenIn({ ...ledger, history })).toEqual([
      `history: ${stranger?.id} is in it and was never sent`,
    ]);
  });

  it('notices other bytes, and none', () => {
    expect(only(id, { bodySha: '0'.repeat(64) })).toEqual([`history: ${id} has other bytes`]);
    expect(recorded(withoutBytes)).toEqual([`history: ${id} has no bytes`]);
  });

  it('takes bytes as they were found where they were damaged before', () => {
    const history = {
      ...ledger.history,
      recorded: ledger.history.recorded.map((event) =>
        event.id === id ? { ...event, bodySha: '0'.repeat(64) } : event,
      ),
    };
    const broken = brokenIn({ ...ledger, damaged: new Set([id]), history });
    expect(broken.filter((line) => line.startsWith('history'))).toEqual([]);
  });

  it('notices a wrong end, of the event and of a delivery', () => {
    expect(only(id, { status: 'dispatched' })).toEqual([
      `history: ${id} is dispatched in it and was handled`,
    ]);
    expect(only(first('doomed'), { status: 'handled' })).toEqual([
      `history: ${first('doomed')} is handled in it and was dead`,
    ]);
    expect(only(id, { deliveries: { record: 'pending' } })).toEqual([
      `history: ${id} record is pending in it and has succeeded`,
    ]);
  });

  it('leaves what has no end yet to the equation of the pending', () => {
    const held = soundLedger().rest.events.find((event) => event.id === id);
    if (held === undefined) throw new Error('it was never in Redis');
    const events = [...ledger.rest.events, { ...held, status: 'queued' }];
    const history = {
      ...ledger.history,
      recorded: ledger.history.recorded.map((event) =>
        event.id === id ? { ...event, status: 'queued', deliveries: {}, attempts: [] } : event,
      ),
    };
    expect(brokenIn({ ...ledger, rest: { ...ledger.rest, events }, history })).toEqual([
      `pending: event ${id}`,
    ]);
  });

  it('notices an attempt that is missing, and one that is there twice', () => {
    expect(only(id, { attempts: [] })).toHaveLength(1);
    expect(only(id, { attempts: ['record retried', 'record succeeded'] })).toEqual([]);
    expect(only(id, { attempts: ['record succeeded', 'record succeeded'] })).toHaveLength(1);
  });

  it('lets an attempt be there twice that was lost with its server, and only one that began twice', () => {
    const twice = (event: RecordedEvent): RecordedEvent =>
      event.id === id ? { ...event, attempts: ['record succeeded', 'record succeeded'] } : event;
    const history = { ...ledger.history, recorded: ledger.history.recorded.map(twice) };
    const again = ledger.effects.filter((line) => line.id === id && line.what === 'begin');
    const effects = [...ledger.effects, ...again];
    expect(brokenIn({ ...ledger, history, effects, takesOver: true })).toEqual([]);
    expect(brokenIn({ ...ledger, history, takesOver: true })).toHaveLength(1);
    expect(brokenIn({ ...ledger, history, effects })).toHaveLength(1);
  });

  it('notices what has not left Redis, unless somebody may yet want it', () => {
    const held = soundLedger().rest.events.find((event) => event.id === id);
    if (held === undefined) throw new Error('it was never in Redis');
    const withHeld = (isUnclaimed: boolean) =>
      brokenIn({
        ...ledger,
        rest: { ...ledger.rest, events: [...ledger.rest.events, { ...held, isUnclaimed }] },
      });
    expect(withHeld(false)).toEqual([`history: ${held.event} is handled, and has not left Redis`]);
    expect(withHeld(true)).toEqual([]);
  });

  it('says what was nowhere at some moment', () => {
    const history = { ...ledger.history, missed: ['stripe.evt_1 was nowhere'] };
    expect(brokenIn({ ...ledger, history })).toEqual(['history: stripe.evt_1 was nowhere']);
  });
});
