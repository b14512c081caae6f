import type { ControlConnection } from '../measure/redis-info.ts';

/** Somebody who takes webhooks. */
export interface Receiver {
  readonly name: string;
  /** Its compiled program, by its place in the repository. */
  readonly file: string;
  /** For its process, when it is one of the product's; the others get one argument. */
  readonly env?: (store: string) => Readonly<Record<string, string>>;
  /** How many events wait, by a count that Redis has at hand. */
  waiting(redis: ControlConnection): Promise<number>;
  /** How many there are, and wait: each is looked for by itself. */
  stored(redis: ControlConnection): Promise<number>;
}

export const SECRET = 'whsec_of_the_bench_0123456789abcdef';
export const API_KEY = 'key-of-the-bench-0123456789';
export const WEBHOOK_PATH = '/webhooks/stripe';
const CONTENDERS = 'apps/bench/dist/contenders';

export const FLOOR: Receiver = {
  name: 'floor',
  file: `${CONTENDERS}/floor.js`,
  waiting: (redis) => redis.dbsize(),
  stored: (redis) => keysLike(redis, 'event:*'),
};

export const HAND_WRITTEN: Receiver = {
  name: 'hand-written',
  file: `${CONTENDERS}/hand-written.js`,
  waiting: (redis) => redis.llen('bull:events:wait'),
  async stored(redis) {
    return Math.min(await keysLike(redis, 'event:*'), await this.waiting(redis));
  },
};

/** Names of the keys that the measurement itself has to know of the product. */
export const HOOKLINE_PREFIX = '{hookline}';
export const HOOKLINE_QUEUE = 'default';

/** The product, started as its users start it. */
export function hookline(name = 'hookline', settings: Readonly<Record<string, string>> = {}): Receiver {
  return {
    name,
    file: 'apps/receiver/dist/main.js',
    env: (store) => ({
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      RECEIVER_PORT: '0',
      OPS_PORT: '0',
      LOG_LEVEL: 'info',
      REDIS_URL: store,
      HOOKLINE_PREFIX,
      WEBHOOK_SECRET_STRIPE: SECRET,
      API_KEY,
      ...settings,
    }),
    waiting: (redis) => redis.llen(`${HOOKLINE_PREFIX}:${HOOKLINE_QUEUE}:wait`),
    async stored(redis) {
      const events = await keysLike(redis, `${HOOKLINE_PREFIX}/event/stripe.*`);
      return Math.min(events, await this.waiting(redis));
    },
  };
}

async function keysLike(redis: ControlConnection, pattern: string): Promise<number> {
  let cursor = '0';
  const found = new Set<string>();
  do {
    const [next, keys] = await redis.scan(cursor, 'MATCH', pattern, 'COUNT', 5_000);
    for (const key of keys) found.add(key);
    cursor = next;
  } while (cursor !== '0');
  return found.size;
}
