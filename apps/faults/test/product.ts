import { createHmac, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { testRedisUrl, uniquePrefix } from '@hookline/rig';
import { Redis } from 'ioredis';
import { startFleet, type Fleet } from '../src/fleet/fleet.ts';
import type { Member } from '../src/fleet/member.ts';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const SECRET = 'whsec_faults_of_the_bench_0123456789';

/** A fleet of the real product on the tests' Redis. */
export interface Product {
  readonly fleet: Fleet;
  readonly redis: Redis;
  /** Whether the event is recorded. */
  has(id: string): Promise<boolean>;
  /** BullMQ's key of the event's job. */
  jobKey(id: string): string;
  /** The lines that the handler wrote: `id <its clock> <pid>`. */
  effects(): string[];
  close(): Promise<void>;
}

export function openProduct(): Product {
  const folder = mkdtempSync(join(tmpdir(), 'hookline-fleet-'));
  const prefix = uniquePrefix();
  const journal = join(folder, 'effects');
  const app = join(folder, 'app');
  mkdirSync(join(app, 'handlers'), { recursive: true });
  writeFileSync(journal, '');
  writeFileSync(
    join(app, 'handlers/write.mjs'),
    `import { appendFileSync } from 'node:fs';
export default {
  name: 'write',
  on: { provider: 'stripe', types: ['*'] },
  run: (event, ctx) => ctx.once('write', () => {
    appendFileSync(${JSON.stringify(journal)}, \`\${event.id} \${Date.now()} \${process.pid}\\n\`);
  }),
};
`,
  );
  // Of one handler alone, a worker would run it in place: nothing would be dispatched.
  writeFileSync(
    join(app, 'handlers/idle.mjs'),
    "export default { name: 'idle', on: { provider: 'stripe', types: ['*'] }, run() {} };\n",
  );
  const redis = new Redis(testRedisUrl());
  const fleet = startFleet({
    root: ROOT,
    folder,
    env: {
      REDIS_URL: testRedisUrl(),
      HOOKLINE_PREFIX: prefix,
      WEBHOOK_SECRET_STRIPE: SECRET,
      APP_DIR: app,
    },
  });
  return {
    fleet,
    redis,
    has: async (id) => (await redis.exists(`${prefix}/event/${id}`)) === 1,
    jobKey: (id) => `${prefix}:default:${id}`,
    effects: () => readFileSync(journal, 'utf8').split('\n').slice(0, -1),
    async close() {
      await fleet.kill();
      redis.disconnect();
    },
  };
}

export function newId(): string {
  return `evt_${randomUUID()}`;
}

/** Sends the event, signed. @returns what it was answered; undefined when the connection broke */
export async function send(
  receiver: Member,
  id: string,
): Promise<{ status: number; duplicate: boolean } | undefined> {
  const body = JSON.stringify({ id, type: 'invoice.paid' });
  const time = Math.floor(Date.now() / 1000);
  const signature = createHmac('sha256', SECRET).update(`${time}.${body}`).digest('hex');
  try {
    const response = await fetch(`${receiver.urls['receiver'] ?? ''}/webhooks/stripe`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'stripe-signature': `t=${time},v1=${signature}` },
      body,
    });
    const answer = (await response.json()) as { duplicate?: boolean };
    return { status: response.status, duplicate: answer.duplicate === true };
  } catch {
    return undefined;
  }
}
