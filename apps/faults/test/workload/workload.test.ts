import { describe, expect, it } from '@jest/globals';
import { providers } from '@hookline/providers';
import { createHash } from 'node:crypto';
import { SECRETS, signedPost } from '../../src/workload/signed-post.ts';
import { planEvents } from '../../src/workload/workload.ts';

describe('the workload', () => {
  it('follows from its seed', () => {
    expect(planEvents(5, 50)).toEqual(planEvents(5, 50));
    expect(planEvents(5, 50).map(({ id }) => id)).not.toEqual(planEvents(6, 50).map(({ id }) => id));
  });

  it('names each event once, and says the hash of its bytes', () => {
    const events = planEvents(1, 500);
    expect(new Set(events.map(({ id }) => id)).size).toBe(500);
    for (const { body, sha } of events) expect(createHash('sha256').update(body).digest('hex')).toBe(sha);
  });

  it('signs as the providers do', () => {
    const now = Date.UTC(2026, 10, 22);
    for (const event of planEvents(2, 200)) {
      const { path, headers } = signedPost(event, now);
      const request = { method: 'POST', url: path, headers, body: event.body };
      const verdict = providers.get(event.source)?.verify(request, [SECRETS[event.source]], now);
      expect(verdict).toMatchObject({ ok: true });
    }
  });
});
