import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JobsOptions } from '../../src/jobs/jobs.ts';
import { createReceiver, type Receiver } from '../../src/receiver.ts';
import { createMemoryEventStore } from '@hookline/testing';
import { MemoryJobs } from '@hookline/testing';
import { rememberingLog } from '../silent-log.ts';
import { until } from '../webhooks/harness.ts';

export const NOW = Date.UTC(2026, 10, 22, 12);
export const KEY = 'key-of-a-caller';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Record<string, unknown>;
}

export interface StartedApi {
  readonly origin: string;
  readonly port: number;
  readonly server: Server;
  readonly receiver: Receiver;
  readonly memory: MemoryJobs;
  readonly log: ReturnType<typeof rememberingLog>;
  /** Sends a request with the API key; what is no text is sent as JSON. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Creates a job of this name and id. */
  add(id: string, name?: string, data?: unknown): Promise<void>;
  listen(id: string, headers?: Record<string, string>, query?: string): Promise<Listener>;
}

const servers: Server[] = [];
const listeners: Listener[] = [];

/** A receiver with the job API on a free port, over jobs in memory. */
export async function startApi(options: Partial<JobsOptions> = {}): Promise<StartedApi> {
  const [memory, log] = [new MemoryJobs(NOW), rememberingLog()];
  const jobs = { service: memory, feed: memory, apiKeys: [KEY], now: () => memory.now, log, ...options };
  const receiver = createReceiver({ sources: new Map(), store: createMemoryEventStore(), log, jobs });
  const server = createServer(receiver);
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  const withKey = { authorization: `Bearer ${KEY}` };
  return {
    origin,
    port,
    server,
    receiver,
    memory,
    log,
    async call(method, path, body, headers = {}) {
      const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
      const init = { method, headers: { ...withKey, ...headers } };
      return answerOf(await fetch(origin + path, text === undefined ? init : { ...init, body: text }));
    },
    async add(id, name = 'default', data = null) {
      await memory.create([{ id, name, data, priority: 5 }]);
      memory.calls.splice(0);
    },
    async listen(id, headers = {}, query = '') {
      const aborter = new AbortController();
      const response = await fetch(`${origin}/job/${id}/stream${query}`, {
        headers: { ...withKey, accept: 'text/event-stream', ...headers },
        signal: aborter.signal,
      });
      const listener = new Listener(response, aborter);
      listeners.push(listener);
      return listener;
    },
  };
}

export async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const { status, headers } = response;
  return { status, headers, text, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) };
}

/** Reads a stream as it comes. */
export class Listener {
  readonly status: number;
  readonly headers: Headers;
  readonly #aborter: AbortController;
  text = '';
  #ends = 0;
  #endsInLine = false;
  ended = false;
  /** The connection broke, or was left, before the stream's end. */
  cutOff = false;

  constructor(response: Response, aborter: AbortController) {
    [this.status, this.headers, this.#aborter] = [response.status, response.headers, aborter];
    void this.#read(response);
  }

  async #read({ body }: Response): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const chunk of body ?? []) {
        const text = decoder.decode(chunk as Uint8Array, { stream: true });
        this.#countEnds(text);
        this.text += text;
      }
    } catch {
      this.cutOff = true;
    }
    this.ended = true;
  }

  #countEnds(text: string): void {
    const from = this.#endsInLine && text.startsWith('\n') ? 1 : 0;
    this.#ends += from + text.slice(from).split('\n\n').length - 1;
    this.#endsInLine = /(?:^|[^\n])\n$/.test(text.slice(-2));
  }

  /** What came whole, comments apart. */
  get frames(): { readonly id: string; readonly data: Record<string, unknown> }[] {
    return [...this.text.matchAll(/^id: (\S+)\ndata: (.*)\n\n/gm)].map(([, id = '', data = '']) => ({
      id,
      data: JSON.parse(data) as Record<string, unknown>,
    }));
  }

  get types(): unknown[] {
    return this.frames.map(({ data }) => data['type']);
  }

  async first(count: number): Promise<this> {
    // A history may be megabytes: looking through all of it again and again takes longer than reading it.
    const isThere = () => this.#ends >= count && this.frames.length >= count;
    await until(`${count} frames; there were: ${this.text}`, isThere);
    return this;
  }

  async end(): Promise<this> {
    await until(`the end of the stream; there were: ${this.text}`, () => this.ended);
    return this;
  }

  leave(): void {
    this.#aborter.abort();
  }
}

export async function stopApis(): Promise<void> {
  for (const listener of listeners.splice(0)) listener.leave();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}
