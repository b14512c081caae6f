import type { Source } from '@hookline/core';
import { describeProvider } from '@hookline/providers';
import { afterEach, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { startReceiver, stopAll } from './harness.ts';

afterEach(stopAll);

const SECRET = 'ada:lovelace';
const LOGIN = `Basic ${Buffer.from(SECRET).toString('base64')}`;

function described(name: string, kind: string, text: string): Source {
  const found = describeProvider(text, kind);
  if (!found.ok) throw new Error(found.problems.join('; '));
  return { name, provider: found.provider, secrets: () => [SECRET], priorityOf: () => undefined };
}

const sources = [
  described('boiler', 'basic-auth', 'id=body:id; type=body:type'),
  described('mill', 'secret-header', 'header=x-key; prefix="Key "; id=body:id; type=body:type'),
];
const body = JSON.stringify({ id: '1', type: 'order.created' });

describe('a sender without a signature', () => {
  it.each([
    ['boiler', { authorization: LOGIN }],
    ['mill', { 'x-key': `Key ${SECRET}` }],
  ])('%s is taken with its secret, of which nothing is recorded', async (name, headers) => {
    const { server, memory } = await startReceiver({ sources });
    const answer = await request(server).post(`/webhooks/${name}`).set(headers).send(body);
    expect(answer.status).toBe(200);
    const [event] = memory.events.values();
    expect(event).toMatchObject({ providerId: '1', type: 'order.created', bodyTrusted: false });
    expect(JSON.stringify(event?.headers)).not.toMatch(/lovelace|YWRh/);
  });

  it('who logs in only when asked to is asked to', async () => {
    const { server, memory } = await startReceiver({ sources });
    const refused = await request(server).post('/webhooks/boiler').send(body);
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([
      401,
      'Basic realm="webhooks", charset="UTF-8"',
    ]);
    const other = await request(server).post('/webhooks/mill').set({ 'x-key': 'Key x' }).send(body);
    expect([other.status, other.headers['www-authenticate']]).toEqual([401, undefined]);
    expect(memory.calls).toBe(0);
  });
});
