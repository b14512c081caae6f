import { randomBytes } from 'node:crypto';
import { openCountingProxy, type CountingProxy } from '../measure/counting-proxy.ts';
import { SECRET, WEBHOOK_PATH, type Receiver } from '../contenders/receivers.ts';
import { eventId, type RequestPlan } from '../load/requests.ts';
import { cloneEvent } from '../measure/clone-event.ts';
import type { Bench } from './bench.ts';
import type { Program } from './program.ts';
import type { OwnRedis, Persistence } from './redis.ts';

/** A receiver that runs, on a Redis of its own. */
export interface OpenReceiver {
  readonly name: string;
  readonly receiver: Receiver;
  readonly redis: OwnRedis;
  readonly program: Program;
  readonly port: number;
}

/** How long the first few requests of a receiver last. */
const WARM_MS = 300;
const MOST_WARM = 1_000;

/** @param on a Redis that is there, instead of a new one */
export async function openReceiver(
  bench: Bench,
  receiver: Receiver,
  { persistence = 'everysec', on }: { readonly persistence?: Persistence; readonly on?: OwnRedis } = {},
): Promise<OpenReceiver> {
  const redis = on ?? (await bench.redis(persistence));
  const program = await startReceiver(bench, receiver, redis.url);
  const open = { name: receiver.name, receiver, redis, program, port: portOf(program) };
  await warm(bench, open);
  return open;
}

/** The first requests of a process are slow, and 64 of them at once may be late. */
async function warm(bench: Bench, { port, redis }: OpenReceiver): Promise<void> {
  const mode = { kind: 'saturate', milliseconds: WARM_MS } as const;
  await bench.load.prepare('warm', { ...planOf(1_024), count: MOST_WARM });
  await bench.load.run({ set: 'warm', port, connections: 4, mode });
  await redis.clear();
}

/** The same with a proxy in between that counts what the receiver asks Redis. */
export async function openCounted(
  bench: Bench,
  receiver: Receiver,
): Promise<OpenReceiver & { readonly proxy: CountingProxy }> {
  const redis = await bench.redis('everysec');
  const proxy = await openCountingProxy(redis.port);
  bench.owned({ stop: () => proxy.close() });
  const program = await startReceiver(bench, receiver, redis.urlAt(proxy.port));
  return { name: receiver.name, receiver, redis, program, port: portOf(program), proxy };
}

function startReceiver(bench: Bench, { name, file, env }: Receiver, store: string): Promise<Program> {
  const start =
    env === undefined ? { args: [JSON.stringify({ store, secret: SECRET })] } : { env: env(store) };
  return bench.program(name, file, start);
}

function portOf({ urls }: Program): number {
  return Number(new URL(urls['receiver'] ?? '').port);
}

/** Eight letters and digits that no other set of events has. */
export function newRun(): string {
  return randomBytes(4).toString('hex');
}

/** What a set of requests is, but for their number. */
export function planOf(size: number, more: Partial<RequestPlan> = {}): Omit<RequestPlan, 'count'> {
  return { path: WEBHOOK_PATH, secret: SECRET, size, run: newRun(), ...more };
}

/** Makes so many events wait: one goes through the receiver, the others are made of it. @throws Error when they are not there */
export async function fillBacklog(
  bench: Bench,
  open: Pick<OpenReceiver, 'port' | 'redis'>,
  waiting: () => Promise<number>,
  count: number,
  size: number,
): Promise<void> {
  const before = await waiting();
  const run = newRun();
  await bench.load.prepare('model', { ...planOf(size), run, count: 1 });
  const mode = { kind: 'saturate', milliseconds: 1_000 } as const;
  const [result] = await bench.load.run({ set: 'model', port: open.port, connections: 1, mode });
  if (result?.statuses['200'] !== 1)
    throw new Error(`an event was answered ${JSON.stringify(result?.statuses)}`);
  await cloneEvent(open.redis.control, eventId(run, 0), newRun(), count - 1);
  const made = (await waiting()) - before;
  if (made !== count) throw new Error(`${made} events wait where ${count} were made to`);
}
