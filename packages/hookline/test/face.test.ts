import { describe, expect, it } from '@jest/globals';
import { providers } from '@hookline/providers';
import * as face from '../src/index.ts';
import { defineHandler, stripe } from '../src/index.ts';

/** Of senders that the settings describe. */
const describedSelectors = ['basicAuth', 'hmac', 'secretHeader'];

describe('what handler authors import', () => {
  it('is a selector for each provider and a handful of names besides', () => {
    const selectors = Object.values(face).filter((value) => typeof value === 'function' && value.length <= 1);
    expect(selectors.length).toBeGreaterThanOrEqual(providers.size);
    expect(Object.keys(face).filter((name) => /^[A-Z]|^define/.test(name))).toEqual([
      'NonRetryableError',
      'RetryAfterError',
      'defineHandler',
      'defineJob',
      'defineSchedule',
    ]);
    expect(Object.keys(face)).toEqual(expect.arrayContaining(describedSelectors));
    expect(Object.keys(face)).toHaveLength(providers.size + describedSelectors.length + 5);
  });

  it('is enough to write a typed handler with', async () => {
    const seen: string[] = [];
    const handler = defineHandler({
      name: 'note',
      on: stripe('invoice.paid'),
      async run(event, ctx) {
        seen.push(`${event.payload.id} ${ctx.attempt}`);
      },
    });
    expect(handler.name).toBe('note');
  });
});
