/** As little as an acknowledgement can be: bare HTTP, the signature, one write. Nobody would run it. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Redis } from 'ioredis';
import { contenderOptions, sayReady } from './contender-process.ts';
import { isSignedByStripe } from './stripe-signature.ts';

const { store, secret } = contenderOptions();
const redis = new Redis(store);

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
    if (!isSignedByStripe(request.headers['stripe-signature']?.toString(), body, secret)) {
      response.statusCode = 401;
      response.end();
      return;
    }
    const { id } = JSON.parse(body.toString()) as { id: string };
    redis.hset(`event:${id}`, 'body', body).then(
      () => response.end('{"received":true}'),
      () => {
        response.statusCode = 503;
        response.end();
      },
    );
  });
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  sayReady({ receiver: `http://127.0.0.1:${port}` });
});
