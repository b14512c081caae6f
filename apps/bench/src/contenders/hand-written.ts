/** What most people write at first: Express, the signature, the event in a hash, a job in BullMQ. */
import { Queue } from 'bullmq';
import express from 'express';
import { Redis } from 'ioredis';
import type { AddressInfo } from 'node:net';
import { contenderOptions, sayReady } from './contender-process.ts';
import { isSignedByStripe } from './stripe-signature.ts';

const { store, secret } = contenderOptions();
const redis = new Redis(store, { maxRetriesPerRequest: null });
const queue = new Queue('events', { connection: redis });

const app = express();
// Express 5 takes rejections itself.
// oxlint-disable-next-line oxc/no-async-endpoint-handlers
app.post('/webhooks/stripe', express.raw({ type: '*/*', limit: '1mb' }), async (request, response) => {
  const body = request.body as Buffer;
  if (!isSignedByStripe(request.get('stripe-signature'), body, secret)) {
    response.status(401).json({ error: 'signature' });
    return;
  }
  const { id, type } = JSON.parse(body.toString()) as { id: string; type: string };
  await redis.hset(`event:${id}`, { type, body, receivedAt: Date.now() });
  await queue.add(type, { event: id }, { jobId: id, removeOnComplete: true });
  response.json({ received: true });
});
await queue.waitUntilReady();
const server = app.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  sayReady({ receiver: `http://127.0.0.1:${port}` });
});
