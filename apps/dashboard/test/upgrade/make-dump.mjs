/**
 * Makes what `upgrade.test.ts` loads: a Redis, and a receiver's spool, that the version before the history left behind.
 *
 *   git worktree add /elsewhere 406bb73     the commit before packages/history came; install and compile it there
 *   node apps/dashboard/test/upgrade/make-dump.mjs /elsewhere
 *
 * It runs that version's own programs on a scratch Redis until every state is there that work can be in, kills them, and
 * writes each key as the command that makes it, so that any Redis can read it:
 *
 *   before.resp.gz   commands as on the wire; what was to expire has as long left as it had
 *   before.json      what was sent and what had become of it: by event, the handlers that had run and how often
 */
import { fork, execFileSync } from 'node:child_process';
import { createHash, createHmac, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { commandsOf } from './commands-of.mjs';

const OUT = import.meta.dirname;
const [checkout] = process.argv.slice(2).map((path) => resolve(path));
const folder = mkdtempSync(join(tmpdir(), 'before-'));
const app = join(folder, 'app');
const journal = join(folder, 'journal');
const SECRETS = { stripe: 'whsec_of_the_version_before', acme: 'a-secret-of-the-version-before' };
const API_KEY = 'an-api-key-of-the-version-before';
const PREFIX = '{hookline}';

/** A module of the app: what it does, after it has written its name into the journal. */
function define(kind, definition, run) {
  const { name } = definition;
  mkdirSync(join(app, kind), { recursive: true });
  writeFileSync(
    join(app, kind, `${name}.mjs`),
    `import { appendFileSync, existsSync } from 'node:fs';
const isMended = () => existsSync(${JSON.stringify(join(folder, 'mended'))});
export default {
  ...${JSON.stringify(definition)},
  async run(it, ctx) {
    appendFileSync(${JSON.stringify(journal)}, \`${name} \${it?.id ?? ctx.jobId}\\n\`);
    ${run}
  },
};
`,
  );
}

const on = (...types) => ({ provider: 'stripe', types });
const SLOW = 'await new Promise((resolve) => setTimeout(resolve, 600_000));';
const retry = { attempts: 3, backoff: { type: 'fixed', delay: '1h' } };
define('handlers', { name: 'ledger', on: on('invoice.paid', 'file.created') }, '');
define('handlers', { name: 'book', on: on('charge.*', 'customer.created', 'payout.failed') }, '');
define(
  'handlers',
  { name: 'mail', on: on('charge.succeeded', 'charge.captured'), queue: 'email' },
  "await ctx.once('sent', () => 'sent'); await ctx.enqueue('note', { of: it.id });",
);
define(
  'handlers',
  {
    name: 'doomed',
    on: on('refund.created', 'charge.disputed'),
    retry: { attempts: 2, backoff: { delay: 5 } },
  },
  "if (!isMended()) throw new Error('the bank is away');",
);
define(
  'handlers',
  { name: 'retrying', on: on('customer.updated', 'customer.created'), retry },
  "await ctx.once('asked', () => 'asked'); throw new Error('not yet');",
);
define('handlers', { name: 'slow', on: on('payout.*') }, SLOW);
define('handlers', { name: 'later', on: on('subscription.ending'), delay: '1h' }, '');
define('handlers', { name: 'raw', on: { provider: 'hmac', types: ['*'], source: 'acme' } }, '');
define('jobs', { name: 'note' }, '');
define('jobs', { name: 'tick' }, '');
define('jobs', { name: 'report' }, "await ctx.progress('half'); await ctx.progress({ done: 2 }); return 7;");
define('jobs', { name: 'broken', retry: { attempts: 1 } }, "throw new Error('no paper');");
define('jobs', { name: 'encode', completion: 'external', timeout: '20d' }, "await ctx.progress('sent');");
define('jobs', { name: 'endless' }, SLOW);
mkdirSync(join(app, 'schedules'));
for (const [name, cron, job] of [
  ['nightly', '0 3 * * *', 'report'],
  ['ticking', '*/2 * * * * *', 'tick'],
])
  writeFileSync(
    join(app, 'schedules', `${name}.mjs`),
    `export default ${JSON.stringify({ name, cron, job, timezone: 'UTC' })};\n`,
  );

const { startLocalRedis } = await import(
  pathToFileURL(join(checkout, 'packages/local-redis/dist/index.js')).href
);
mkdirSync(join(folder, 'redis'));
const server = await startLocalRedis({ dataDir: join(folder, 'redis'), env: process.env, onProgress() {} });
const { Redis } = createRequire(join(checkout, 'package.json'))('ioredis');
const redis = new Redis(server.url);
const env = {
  PATH: process.env.PATH,
  REDIS_URL: server.url,
  HOST: '127.0.0.1',
  RECEIVER_PORT: '0',
  OPS_PORT: '0',
  APP_DIR: app,
  DATA_DIR: folder,
  API_KEY,
  WEBHOOK_SECRET_STRIPE: SECRETS.stripe,
  WEBHOOK_SECRET_ACME: SECRETS.acme,
  WEBHOOK_PROVIDER_ACME: 'hmac',
  WEBHOOK_SCHEME_ACME: 'header=x-signature',
  LOG_LEVEL: 'warn',
};

async function start(name) {
  const child = fork(join(checkout, `apps/${name}/dist/main.js`), { env, cwd: folder, stdio: 'inherit' });
  const [{ urls }] = await new Promise((ready) => child.once('message', (...told) => ready(told)));
  return { urls, kill: () => new Promise((gone) => child.once('exit', gone) && child.kill('SIGKILL')) };
}

const sent = [];
let number = 0;

/** @param what names the state that the event is to be in at the end */
async function send(what, { source = 'stripe', type, body } = {}) {
  number += 1;
  const bytes =
    body ??
    Buffer.from(JSON.stringify({ id: `evt_${number}`, type, data: { object: { n: number, name: 'Zoë' } } }));
  const time = Math.floor(Date.now() / 1000);
  const sign = (content) => createHmac('sha256', SECRETS[source]).update(content).digest('hex');
  const signed =
    source === 'stripe'
      ? { 'stripe-signature': `t=${time},v1=${sign(Buffer.concat([Buffer.from(`${time}.`), bytes]))}` }
      : { 'x-signature': sign(bytes) };
  const headers = {
    'content-type': source === 'stripe' ? 'application/json' : 'application/octet-stream',
    ...signed,
  };
  const request = { method: 'POST', headers, body: bytes };
  const answer = await (await fetch(`${receiver.urls.receiver}/webhooks/${source}`, request)).json();
  if (!answer.received) throw new Error(`${what}: ${JSON.stringify(answer)}`);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  sent.push({ what, id: answer.id, source, bytes: bytes.length, sha256, headers });
  return { id: answer.id, again: () => fetch(`${receiver.urls.receiver}/webhooks/${source}`, request) };
}

async function job(id, name, options = {}) {
  const body = JSON.stringify({ name, data: { of: id }, options: { id, ...options } });
  const headers = { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' };
  const answer = await fetch(`${receiver.urls.receiver}/job`, { method: 'POST', headers, body });
  if (answer.status !== 201) throw new Error(await answer.text());
}

async function until(ask) {
  while (!(await ask())) await wait(50);
}
const statusOf = (id) => redis.hget(`${PREFIX}/event/${id}`, 'status');
const stands = (id, status) => until(async () => (await statusOf(id)) === status);
const jobStands = (id, status) =>
  until(async () => (await redis.hget(`${PREFIX}/job/${id}`, 'status')) === status);
const hookline = (...words) =>
  execFileSync(process.execPath, [join(checkout, 'apps/cli/dist/main.js'), ...words], {
    env,
    stdio: 'inherit',
  });
const large = (n) =>
  Buffer.from(`{"id":"evt_large_${n}","type":"file.created","text":"${'All work. '.repeat(140_000)}"}`);
const binary = () => Buffer.concat([Buffer.from([0, 255, 254, 128, 10, 13]), randomBytes(500)]);
const handled = async (what, event) => {
  const { id, again } = await send(what, event);
  await stands(id, 'handled');
  return again;
};

let receiver = await start('receiver');
let worker = await start('worker');

// Redis was nearly full once: these gave up their bodies.
for (let n = 0; n < 2; n += 1) await handled('shed', { type: 'invoice.paid' });
const used = Number(/used_memory:(\d+)/.exec(await redis.info('memory'))[1]);
await redis.config('SET', 'maxmemory', Math.round(used / 0.7));
await until(async () => (await redis.zcard(`${PREFIX}/events/shed`)) === 2);
await redis.config('SET', 'maxmemory', 0);

for (let n = 0; n < 2; n += 1) await handled('done by one', { type: 'invoice.paid' });
await (
  await handled('sent twice', { type: 'invoice.paid' })
)();
for (let n = 0; n < 2; n += 1) await handled('done by several', { type: 'charge.succeeded' });
await handled('done, large', { body: large(1) });
await handled('done, binary', { source: 'acme', body: binary() });
await stands((await send('unhandled', { type: 'product.created' })).id, 'unhandled');

const dead = async (what, type) => {
  const { id } = await send(what, { type });
  await stands(id, 'dead');
  return `${id}~doomed`;
};
hookline('dead', 'discard', await dead('discarded', 'refund.created'));
const replayed = await dead('replayed', 'refund.created');
writeFileSync(join(folder, 'mended'), '');
hookline('dead', 'replay', replayed);
await stands(replayed.split('~')[0], 'handled');
rmSync(join(folder, 'mended'));
await dead('dead', 'refund.created');
await dead('dead, of several', 'charge.disputed');
const replayedLast = await dead('replay waits', 'refund.created');

const { Queue } = createRequire(join(checkout, 'packages/redis/package.json'))('bullmq');
const email = new Queue('email', { connection: { url: server.url }, prefix: PREFIX });
await email.pause();
await send('waits in a paused queue', { type: 'charge.captured' });
await send('waits for a retry', { type: 'customer.updated' });
await send('waits for a retry, of several', { type: 'customer.created' });
await send('waits for its time', { type: 'subscription.ending' });
await job('job-done', 'report');
await job('job-failed', 'broken');
await job('job-cancelled', 'report', { delay: 3_600_000 });
await job('job-delayed', 'report', { delay: 3_600_000 });
await job('job-external', 'encode');
await job('job-abandoned', 'endless');
for (const [id, status] of [
  ['job-done', 'succeeded'],
  ['job-failed', 'failed'],
  ['job-external', 'processing'],
])
  await jobStands(id, status);
hookline('jobs', 'cancel', 'job-cancelled');
await send('abandoned', { type: 'payout.paid' });
await send('abandoned, of several', { type: 'payout.failed' });
await wait(5_000);
await worker.kill();

hookline('dead', 'replay', replayedLast);
for (let n = 0; n < 2; n += 1) await send('waits', { type: 'invoice.paid' });
await send('waits for several', { type: 'charge.succeeded' });
await send('waits for nobody', { type: 'product.created' });
await send('waits, large', { body: large(2) });
await send('waits, binary', { source: 'acme', body: binary() });
await job('job-waiting', 'report');

process.kill(server.pid, 'SIGSTOP');
await wait(1_000);
for (let n = 0; n < 2; n += 1) await send('spooled', { type: 'invoice.paid' });
await receiver.kill();
process.kill(server.pid, 'SIGCONT');

const lines = readFileSync(journal, 'utf8').trim().split('\n');
const events = [];
for (const event of sent) {
  const runs = lines.map((line) => line.split(' ')).filter(([, id]) => id === event.id);
  const ran = Object.fromEntries(
    runs.map(([name]) => [name, runs.filter(([other]) => other === name).length]),
  );
  events.push({ ...event, status: await statusOf(event.id), ran });
}
const spool = {};
for (const entry of existsSync(join(folder, 'spool'))
  ? readdirSync(join(folder, 'spool'), { recursive: true })
  : [])
  try {
    spool[entry] = readFileSync(join(folder, 'spool', entry)).toString('base64');
  } catch (error) {
    if (error.code !== 'EISDIR') throw error;
  }
const commands = await commandsOf(redis);
writeFileSync(join(OUT, 'before.resp.gz'), gzipSync(commands, { level: 9 }));
writeFileSync(
  join(OUT, 'before.json'),
  `${JSON.stringify({ at: Date.now(), prefix: PREFIX, events, spool }, null, 1)}\n`,
);
await email.close();
redis.disconnect();
await server.stop();
rmSync(folder, { recursive: true });
