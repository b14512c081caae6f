import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LoadResult } from './load.ts';
import type { Listeners, Order, Reply, Stream } from './orders.ts';
import type { RequestPlan } from './requests.ts';

/** The process that load comes from. */
export interface LoadProcess {
  /** Makes requests ahead of time; a set of the same name is replaced. */
  prepare(set: string, plan: RequestPlan): Promise<void>;
  /** Runs all of these at once. */
  run(...streams: readonly Stream[]): Promise<readonly LoadResult[]>;
  /** Opens streams of server-sent events, and holds them. @throws Error when one is refused */
  listen(listeners: Listeners): Promise<void>;
  /** Closes them. */
  leave(): Promise<void>;
}

/** @param keep is told its process's id */
export async function startLoad(keep: (pid: number) => void): Promise<LoadProcess> {
  const child = fork(fileURLToPath(new URL('process.js', import.meta.url)), [], {
    env: {},
    execArgv: ['--max-old-space-size=4096'],
    serialization: 'advanced',
  });
  if (child.pid !== undefined) keep(child.pid);
  const waiting = new Map<number, (reply: Reply) => void>();
  let ordered = 0;
  let isReady: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => (isReady = resolve));
  child.on('message', (message: 'ready' | { readonly id: number; readonly reply: Reply }) => {
    if (message === 'ready') return isReady();
    waiting.get(message.id)?.(message.reply);
    waiting.delete(message.id);
  });
  child.once('exit', (code, signal) => {
    const why = `the load's process ended with ${code ?? signal}`;
    for (const resolve of waiting.values()) resolve({ kind: 'failed', why });
  });
  await ready;

  async function order(what: Order): Promise<readonly LoadResult[]> {
    const id = ordered++;
    const reply = await new Promise<Reply>((resolve) => {
      waiting.set(id, resolve);
      child.send({ id, order: what });
    });
    if (reply.kind === 'failed') throw new Error(reply.why);
    return reply.results;
  }

  return {
    async prepare(set, plan) {
      await order({ kind: 'prepare', set, plan });
    },
    run: (...streams) => order({ kind: 'run', streams }),
    async listen(listeners) {
      await order({ kind: 'listen', listeners });
    },
    async leave() {
      await order({ kind: 'leave' });
    },
  };
}
