import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { setImmediate as turn } from 'node:timers/promises';
import { Slots, type OwnSlots } from '../../src/bullmq/slots.ts';

describe('the slots that the partitions of a queue share', () => {
  it('are never more than there are, whoever takes and gives', async () => {
    const step = fc.record({ who: fc.integer({ min: 0, max: 3 }), most: fc.integer({ min: 1, max: 5 }) });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 6 }),
        fc.array(step, { maxLength: 40 }),
        async (count, steps) => {
          const slots = new Slots(count);
          const all = Array.from({ length: 4 }, () => ({ own: slots.open(), held: 0, isAsking: false }));
          for (const { who, most } of steps) {
            const one = all[who];
            if (one === undefined) continue;
            if (one.held > 0) {
              one.own.give(one.held);
              one.held = 0;
            } else if (!one.isAsking) {
              one.isAsking = true;
              void one.own.take(most).then((got) => {
                one.held += got;
                one.isAsking = false;
              });
            }
            await turn();
            const held = all.reduce((sum, each) => sum + each.held, 0);
            expect(held).toBeLessThanOrEqual(count);
            // Nobody waits while there is one.
            if (all.some(({ isAsking }) => isAsking)) expect(held).toBe(count);
          }
          for (const { own } of all) own.close();
        },
      ),
    );
  });

  it('go to the partition that has the fewest, and whoever has more is told to yield', async () => {
    const slots = new Slots(4);
    const [rich, poor] = [slots.open(), slots.open()];
    expect(await rich.take(4)).toBe(4);
    const asked = poor.take(2);
    expect(rich.mustYield()).toBe(true);
    rich.give(1);
    expect(await asked).toBe(1);
    expect(poor.mustYield()).toBe(false);
  });

  it('of a partition whose Redis is away are the others’ until it is back', async () => {
    const slots = new Slots(2);
    const [away, here]: [OwnSlots, OwnSlots] = [slots.open(), slots.open()];
    expect(await away.take(2)).toBe(2);
    const asked = here.take(2);
    away.setAway(true);
    expect(await asked).toBe(2);
    away.setAway(false);
    let more = 0;
    void here.take(1).then((got) => (more = got));
    away.give(2);
    await turn();
    expect(more).toBe(0);
    here.give(1);
    await turn();
    expect(more).toBe(1);
  });

  it('are waited for until it is closed', async () => {
    const slots = new Slots(1);
    const [one, other] = [slots.open(), slots.open()];
    expect(await one.take(1)).toBe(1);
    const asked = other.take(1);
    other.close();
    expect(await asked).toBe(0);
  });
});
