import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
  /** Settles when the connection is gone, answered or not. */
  readonly closed: Promise<unknown>;
}

export type Answer =
  | { status: number; headers?: Record<string, string>; body?: string }
  | 'silence'
  | 'hang up';

/** A real HTTP server on a free port that answers as told and remembers what it was asked. */
export async function startHttpServer(answer: (request: SeenRequest) => Answer) {
  const requests: SeenRequest[] = [];
  const server = createServer(async (req, res) => {
    const closed = once(res, 'close');
    const body: unknown = JSON.parse(await text(req));
    const seen = { method: req.method ?? '', path: req.url ?? '', headers: req.headers, body, closed };
    requests.push(seen);
    server.emit('seen');
    const reply = answer(seen);
    if (reply === 'hang up') req.socket.destroy();
    else if (reply !== 'silence') res.writeHead(reply.status, reply.headers).end(reply.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    /** The next request to arrive. */
    async nextRequest() {
      await once(server, 'seen');
      return requests.at(-1);
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
