import { request, type IncomingMessage } from 'node:http';

export const API_KEY = 'test-key-of-sixteen-or-more';

/** A job as the API shows it. */
export interface ShownJob {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly created: number;
  readonly updated: number;
  readonly data: unknown;
  readonly output: readonly { step: number; timestamp: number; processingTime: number; data: unknown }[];
  readonly result?: unknown;
  readonly error?: { readonly name: string; readonly message: string };
  readonly [more: string]: unknown;
}

/** One call of the job API with the key. */
export async function call(
  base: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: ShownJob; headers: Headers }> {
  const response = await fetch(`${base}${path}`, {
    method,
    headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    body: (text === '' ? {} : JSON.parse(text)) as ShownJob,
    headers: response.headers,
  };
}

export interface Frame {
  readonly id: string;
  readonly data: { readonly type: string; readonly [field: string]: unknown };
}

/** A client of a job's stream, with a connection of its own. */
export interface StreamClient {
  readonly frames: Frame[];
  status: number;
  /** Resolves when the response is over or cut off. */
  readonly closed: Promise<void>;
  destroy(): void;
}

export function openStream(base: string, jobId: string, lastEventId?: string): StreamClient {
  const outgoing = request(`${base}/job/${jobId}/stream`, {
    agent: false,
    headers: {
      authorization: `Bearer ${API_KEY}`,
      accept: 'text/event-stream',
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    },
  });
  const frames: Frame[] = [];
  let client: StreamClient;
  const closed = new Promise<void>((resolve) => {
    outgoing.once('error', () => resolve());
    outgoing.once('response', (response: IncomingMessage) => {
      client.status = response.statusCode ?? 0;
      let rest = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        const events = (rest + chunk).split('\n\n');
        rest = events.pop() ?? '';
        for (const event of events) {
          const [, id, data] = /^id: (\S+)\ndata: (.*)$/.exec(event) ?? [];
          if (id !== undefined) frames.push({ id, data: JSON.parse(data ?? '') as Frame['data'] });
        }
      });
      response.once('close', () => resolve());
    });
  });
  client = { frames, status: 0, closed, destroy: () => void outgoing.destroy() };
  outgoing.end();
  return client;
}
