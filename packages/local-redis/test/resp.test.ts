import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { ask, parseReplies, type Reply } from '../src/resp.ts';
import { inspect } from '../src/inspect.ts';
import { cleanUp, later } from './support.ts';

afterEach(cleanUp);

const reply: fc.Arbitrary<Reply> = fc.letrec<{ reply: Reply }>((tie) => ({
  reply: fc.oneof(
    { depthSize: 'small' },
    fc.record({ kind: fc.constant('value' as const), text: fc.string({ unit: 'binary' }) }),
    fc.record({ kind: fc.constant('error' as const), text: fc.stringMatching(/^[A-Z]{1,8} [a-z ]*$/) }),
    fc.record({ kind: fc.constant('list' as const), items: fc.array(tie('reply'), { maxLength: 4 }) }),
  ),
})).reply;

function serialize(value: Reply): string {
  switch (value.kind) {
    case 'value':
      return `$${Buffer.byteLength(value.text)}\r\n${value.text}\r\n`;
    case 'error':
      return `-${value.text}\r\n`;
    case 'list':
      return `*${value.items.length}\r\n${value.items.map(serialize).join('')}`;
  }
}

describe('replies', () => {
  it('are read whole, and waited for at every cut', () => {
    fc.assert(
      fc.property(fc.array(reply, { minLength: 1, maxLength: 3 }), fc.nat(), (replies, cut) => {
        const bytes = Buffer.from(replies.map(serialize).join(''));
        expect(parseReplies(bytes, replies.length)).toEqual(replies);
        expect(parseReplies(bytes.subarray(0, cut % bytes.length), replies.length)).toBeUndefined();
      }),
    );
  });

  it('of simple types and absent values are values', () => {
    expect(parseReplies(Buffer.from('+OK\r\n:42\r\n$-1\r\n*0\r\n'), 4)).toEqual([
      { kind: 'value', text: 'OK' },
      { kind: 'value', text: '42' },
      { kind: 'value', text: '' },
      { kind: 'list', items: [] },
    ]);
  });
});

describe('a port', () => {
  it('of another protocol is foreign', async () => {
    const port = await listen(createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
    await expect(inspect(port, 'x', 1_000)).resolves.toEqual({
      kind: 'foreign',
      reason: 'it does not speak the Redis protocol',
    });
  });

  it('that stays silent is foreign after the timeout', async () => {
    const port = await listen(createServer(() => {}));
    await expect(inspect(port, 'x', 50)).resolves.toMatchObject({
      kind: 'foreign',
      reason: 'no answer within 50 ms',
    });
  });

  it('that closes at once is foreign', async () => {
    const port = await listen(createServer((socket) => socket.end()));
    await expect(inspect(port, 'x', 1_000)).resolves.toEqual({
      kind: 'foreign',
      reason: 'it closed the connection',
    });
  });

  it('that nobody has is nobody', async () => {
    const server = createServer();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    await expect(inspect(port, 'x', 1_000)).resolves.toEqual({ kind: 'nobody' });
    await expect(ask(port, [['PING']], 1_000)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => sockets.add(socket));
  later(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
