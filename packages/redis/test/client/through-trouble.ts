import { setTimeout as wait } from 'node:timers/promises';
import { retryPolicy } from '@hookline/core';
import { eventually } from '@hookline/rig';
import { findEvent, openDeadLetters, type AckLevel, type RedisEventStore } from '../../src/index.ts';
import { handler, incoming, type Bench } from '../support.ts';

/** What came of the events that were sent while something befell Redis. */
export interface Passage {
  /** Ids of those that were acknowledged. */
  readonly accepted: readonly string[];
  readonly refused: number;
  /** Milliseconds. */
  readonly slowestAnswer: number;
  /** How often a handler ran that was at work as it began. */
  readonly slowRuns: number;
}

/** Who waits for longer waits for something that has no deadline, however busy the machine is. */
export const HANGING_MS = 2_000;
const EVERY_MS = 15;
const CALM_MS = 300;
const MANY = 20;

/**
 * Sends events all the while, before, during and after what befalls Redis, to a worker that runs them. Resolves when
 * every event that was acknowledged is handled, and a dead letter from before was replayed.
 * @param ack where a primary dies, what it had answered is kept only if a replica had it
 */
export async function passThrough(
  bench: Bench,
  befall: () => Promise<unknown>,
  ack: AckLevel = 'memory',
): Promise<Passage> {
  let isMended = false;
  const runs = new Map<string, number>();
  const note = ({ id }: { readonly id: string }) => void runs.set(id, (runs.get(id) ?? 0) + 1);
  const store = await bench.store(ack);
  await bench.work({
    handlers: [
      handler('quick', note, { types: ['quick'] }),
      handler('slow', (event) => wait(2 * CALM_MS).then(() => note(event)), { types: ['slow'] }),
      handler(
        'fragile',
        (event) => {
          if (!isMended) throw new Error('not yet');
          note(event);
        },
        { types: ['fragile'], retry: NO_RETRY },
      ),
    ],
  });
  const [dead, slow] = [incoming({ type: 'fragile' }), incoming({ type: 'slow' })];
  // Opened a moment ago, it may not yet know that there is a replica.
  await eventually(async () => (await store.accept(dead)).kind !== 'unavailable');
  const letters = openDeadLetters(bench.partitions);
  await eventually(async () => (await letters.count()) === 1);

  const sending = send(store);
  await eventually(async () => (await store.accept(slow)).kind !== 'unavailable');
  await wait(CALM_MS);
  await befall();
  // Whatever it was, the product finds back by itself, and takes many more.
  const passage = await sending.end();
  isMended = true;
  for (const id of [slow.id, ...passage.accepted]) {
    await eventually(async () => (await findEvent(bench.partitions, id))?.status === 'handled', 30_000);
    if (!runs.has(id)) throw new Error(`${id} was handled by nobody`);
  }
  await letters.replay(`${dead.id}~fragile`);
  await eventually(() => runs.has(dead.id));
  return { ...passage, slowRuns: runs.get(slow.id) ?? 0 };
}

const NO_RETRY = retryPolicy({ attempts: 1 });

function send(store: RedisEventStore) {
  const accepted: string[] = [];
  let refused = 0;
  let slowestAnswer = 0;
  let isOver = false;
  let inRow = 0;
  const pending: Promise<void>[] = [];
  const one = async () => {
    const event = incoming({ type: 'quick' });
    const begun = performance.now();
    const { kind } = await store.accept(event);
    slowestAnswer = Math.max(slowestAnswer, performance.now() - begun);
    if (kind === 'accepted') accepted.push(event.id);
    else refused += 1;
    inRow = kind === 'accepted' ? inRow + 1 : 0;
  };
  const run = async () => {
    while (!isOver) {
      pending.push(one());
      await wait(EVERY_MS);
    }
    await Promise.all(pending);
  };
  const running = run();
  return {
    async end(): Promise<Omit<Passage, 'slowRuns'>> {
      inRow = 0;
      await eventually(() => inRow >= MANY, 20_000);
      isOver = true;
      await running;
      return { accepted, refused, slowestAnswer };
    },
  };
}
