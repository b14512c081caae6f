import { openSync, writeSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { answersFile, type AnswerLine } from '../checkers/ledger.ts';
import { seeded } from './random.ts';
import type { SenderOrder, SenderReport } from './sender-process.ts';
import { signedPost } from './signed-post.ts';
import { planEvents, type PlannedEvent } from './workload.ts';

/**
 * The provider: a process of its own, so that nothing the harness does delays what it measures. Sends each event
 * once at the ordered rate, a share of them again later, and in the end whatever has no 2xx, with the same id,
 * until it has one.
 */

/** A provider gives up waiting. Only a frozen receiver ever takes that long. */
const PATIENCE_MS = 10_000;
const MOST_IN_FLIGHT = 400;
const RESEND_PAUSE_MS = 300;
/** A program's first requests are its slowest, and in a run all of them are new at once. */
const RAMP_MS = 3_000;
const LEAST_SHARE = 0.2;
/** Rounds of resending that get nobody further end the run. */
const IDLE_ROUNDS = 100;

const orders = new Map<SenderOrder['kind'], (order: SenderOrder) => void>();
process.on('message', (order: SenderOrder) => orders.get(order.kind)?.(order));
process.once('disconnect', () => process.exit(0));

orders.set('start', (order) => {
  if (order.kind === 'start') void run(order);
});

async function run(plan: Extract<SenderOrder, { kind: 'start' }>): Promise<void> {
  const { receivers, copies } = plan;
  const events = planEvents(plan.seed, plan.count, plan.mix);
  const random = seeded(plan.seed ^ 0x5e4de4);
  const log = openSync(answersFile(plan.folder), 'a');
  const agents = receivers.map(() => new Agent({ keepAlive: true, maxSockets: 64 }));
  const unacknowledged = new Set(events);
  const due: { readonly at: number; readonly event: PlannedEvent }[] = [];
  let rate = plan.rate;
  let inFlight = 0;
  let sent = 0;
  let finishing = false;
  orders.set('rate', (order) => {
    if (order.kind === 'rate') rate = order.rate;
  });
  orders.set('finish', () => (finishing = true));

  const reporting = setInterval(() => report({ kind: 'progress', sent, open: unacknowledged.size }), 250);
  const began = performance.now();
  for (let n = 0, credit = 0, last = began; n < events.length;) {
    const now = performance.now();
    const share = Math.min(1, LEAST_SHARE + (now - began) / RAMP_MS);
    credit = Math.min(credit + ((now - last) / 1000) * rate * share, rate / 4);
    last = now;
    for (; credit >= 1 && n < events.length && inFlight < MOST_IN_FLIGHT; credit -= 1, n += 1) {
      const event = events[n];
      if (event !== undefined) void post(event, undefined);
    }
    sendCopies(Date.now());
    await wait(5);
  }
  while (inFlight > 0) await wait(5);
  report({ kind: 'sent' });

  while (!finishing) {
    sendCopies(Date.now());
    await wait(20);
  }
  for (let idle = 0, before = unacknowledged.size; unacknowledged.size > 0 && idle < IDLE_ROUNDS;) {
    for (const event of unacknowledged) {
      while (inFlight >= 50) await wait(2);
      void post(event, 'resend');
    }
    while (inFlight > 0) await wait(5);
    idle = unacknowledged.size === before ? idle + 1 : 0;
    before = unacknowledged.size;
    if (before > 0) await wait(RESEND_PAUSE_MS);
  }
  sendCopies(Infinity);
  while (inFlight > 0) await wait(5);
  clearInterval(reporting);
  report({ kind: 'done', unacknowledged: unacknowledged.size });

  function sendCopies(now: number): void {
    for (let index = due.length - 1; index >= 0; index -= 1) {
      const copy = due[index];
      if (copy === undefined || copy.at > now) continue;
      due.splice(index, 1);
      void post(copy.event, 'copy');
    }
  }

  async function post(event: PlannedEvent, again: AnswerLine['again']): Promise<void> {
    inFlight += 1;
    if (again === undefined) sent += 1;
    const to = random.between(0, receivers.length - 1);
    const at = Date.now();
    const answer = await exchange(new URL(receivers[to] ?? ''), agents[to], event);
    const line: AnswerLine = { id: event.id, ...answer, at, to, ...(again === undefined ? {} : { again }) };
    writeSync(log, `${JSON.stringify(line)}\n`);
    inFlight -= 1;
    if (answer.status !== 200) return;
    unacknowledged.delete(event);
    if (again === undefined && random.next() < copies)
      due.push({ at: at + random.between(500, 12_000), event });
  }
}

function exchange(
  base: URL,
  agent: Agent | undefined,
  event: PlannedEvent,
): Promise<Pick<AnswerLine, 'status' | 'ms' | 'duplicate'>> {
  return new Promise((resolve) => {
    let from = performance.now();
    const { path, headers } = signedPost(event, Date.now());
    const none = (): void => resolve({ status: 0, ms: performance.now() - from });
    const outgoing = request(
      {
        host: base.hostname,
        port: base.port,
        method: 'POST',
        path,
        headers,
        timeout: PATIENCE_MS,
        ...(agent && { agent }),
      },
      (incoming) => {
        const ms = performance.now() - from;
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', none);
        incoming.on('end', () => {
          const status = incoming.statusCode ?? 0;
          const duplicate = Buffer.concat(chunks).includes('"duplicate":true');
          resolve({ status, ms, ...(duplicate ? { duplicate } : {}) });
        });
      },
    );
    outgoing.on('error', none);
    outgoing.on('timeout', () => outgoing.destroy());
    outgoing.on('finish', () => (from = performance.now()));
    outgoing.end(event.body);
  });
}

function report(message: SenderReport): void {
  process.send?.(message, undefined, undefined, () => undefined);
}
