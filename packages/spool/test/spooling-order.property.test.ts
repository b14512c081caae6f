import { describe, expect, it } from '@jest/globals';
import { isKept } from '@hookline/core';
import { createMemoryEventStore } from '@hookline/testing';
import fc from 'fast-check';
import { createSpoolingStore, type SpoolingStore } from '../src/spooling-store.ts';
import type { Spool } from '../src/spool.ts';
import { countingCounters, eventOf, openTestSpool, silent, temporaryFolder } from './support.ts';

/** What happens, one after the other; `events` come at once, and are not waited for. */
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('events' as const), count: fc.integer({ min: 1, max: 12 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom('up' as const, 'down' as const, 'hung' as const) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('pause' as const), ms: fc.integer({ min: 0, max: 15 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('restart' as const, 'answers' as const) }) },
);

interface Told {
  readonly arrived: number;
  readonly answered: number;
  readonly id: string;
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('whatever the store does', () => {
  it('keeps what was answered 2xx, once, in order of arrival', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 30 }), async (steps) => {
        const folder = temporaryFolder();
        const memory = createMemoryEventStore();
        const told: Told[] = [];
        let [clock, last] = [0, 0];
        let answers: Promise<void>[] = [];
        let spool: Spool;
        let spooling: SpoolingStore;
        const open = async () => {
          spool = await openTestSpool(folder);
          spooling = createSpoolingStore({
            store: memory,
            spool,
            counters: countingCounters(),
            log: silent,
            patience: 10,
            probeInterval: 3,
            batch: 4,
          });
        };
        const send = async () => {
          const id = String((last += 1));
          const arrived = (clock += 1);
          const result = await spooling.accept(eventOf(id));
          if (isKept(result)) told.push({ id, arrived, answered: (clock += 1) });
        };
        const close = async () => {
          await Promise.all(answers);
          await spooling.close();
          await spool.close();
        };
        await open();
        for (const step of steps) {
          switch (step.kind) {
            case 'events':
              for (let i = 0; i < step.count; i += 1) answers.push(send());
              break;
            case 'pause':
              await sleep(step.ms);
              break;
            case 'answers':
              await Promise.all(answers.splice(0));
              break;
            case 'restart':
              // A hung store keeps its callers until it answers; a process that ends leaves them.
              if (memory.state === 'hung') memory.state = 'down';
              await close();
              await open();
              break;
            default:
              memory.state = step.kind;
          }
        }
        await Promise.all(answers);
        memory.state = 'up';
        for (const end = Date.now() + 10_000; spooling!.state !== 'direct' && Date.now() < end;)
          await sleep(2);
        await close();

        const stored = memory.events.map(({ providerId }) => providerId);
        expect(new Set(stored).size).toBe(stored.length);
        expect(told.map(({ id }) => id).filter((id) => !stored.includes(id))).toEqual([]);
        // Who was answered before another arrived is stored before it; those that were under way together have no order.
        const place = new Map(stored.map((id, index) => [id, index]));
        const overtaken = told.flatMap((early) =>
          told
            .filter(
              (late) =>
                early.answered < late.arrived && (place.get(early.id) ?? -1) > (place.get(late.id) ?? -1),
            )
            .map((late) => `${late.id} before ${early.id}`),
        );
        expect(overtaken).toEqual([]);
      }),
      { numRuns: 60 },
    );
  }, 120_000);
});
