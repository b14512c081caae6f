import type { RedisTarget } from '@hookline/core';
import { connect, isElsewhere } from '../client/connection.ts';
import type { BarrierCommand } from './ack-level.ts';
import { isReply } from '../client/server-facts.ts';

/** Asks a Redis whether what it has answered is on its disk, or on a replica. */
export interface CommitBarrier {
  readonly command: BarrierCommand;
  /**
   * Resolves when everything that the server with this run id had answered before this call is durable.
   * @throws Error when that cannot be said within so many milliseconds
   */
  confirm(runId: string, withinMs: number): Promise<void>;
  close(): void;
}

/** Short, so that who comes while one round waits in vain soon takes part in the next. */
const ROUND_MS = 100;

const LATE: Record<BarrierCommand, string> = {
  WAIT: 'no replica has it yet',
  WAITAOF: "it is not on Redis's disk yet",
};

interface Waiter {
  readonly runId: string;
  resolve(): void;
  reject(error: Error): void;
}

/**
 * Group commit over a connection of its own, because the wait holds one up: one round asks for everybody who waits,
 * and who comes meanwhile is in the next. A round writes, then waits for that write: both logs, the append-only file
 * and the replication stream, are one for all connections, so what was written before it is in it as well.
 */
export function openCommitBarrier(target: RedisTarget, key: string, command: BarrierCommand): CommitBarrier {
  const connection = connect(target, 'barrier', key);
  const waiters = new Set<Waiter>();
  let runId: string | undefined;
  let isRunning = false;

  connection.on('error', () => undefined);
  connection.on('close', () => (runId = undefined));
  connection.on('ready', () => {
    connection
      .info('server')
      .then((info) => {
        runId = /^run_id:(\w+)/m.exec(info)?.[1];
        run();
      })
      // It went away again, and 'ready' comes back with it; or it is silent, and is to be asked on a new connection.
      .catch(reconnect);
  });

  /** One that is about to be there would never be if it were cut off. */
  function reconnect(): void {
    if (connection.status === 'ready') connection.disconnect(true);
  }

  function run(): void {
    if (isRunning || waiters.size === 0 || runId === undefined) return;
    isRunning = true;
    const group = [...waiters];
    round()
      .then((asked) => {
        for (const waiter of asked === undefined ? [] : group) {
          if (waiter.runId === asked) waiter.resolve();
          // A server that was started since, or another one, knows nothing of what this one had answered.
          else waiter.reject(new Error('Redis was restarted or replaced before it was durable'));
        }
      })
      .catch((error: unknown) => {
        const reason = error instanceof Error ? error : new Error(String(error));
        for (const waiter of group) waiter.reject(reason);
        if (isReply(error) && isElsewhere(error)) reconnect();
      })
      .finally(() => {
        isRunning = false;
        run();
      });
  }

  /** @returns the run id of the server on which it is durable, or undefined when it took too long */
  async function round(): Promise<string | undefined> {
    const asked = runId;
    // Sent together, so that both go over the same connection.
    const [, reply] = await Promise.all([
      connection.set(key, '1'),
      command === 'WAIT' ? connection.call('WAIT', 1, ROUND_MS) : connection.call('WAITAOF', 1, 0, ROUND_MS),
    ]);
    const reached = Number(Array.isArray(reply) ? reply[0] : reply);
    return reached >= 1 ? asked : undefined;
  }

  return {
    command,
    confirm(of, withinMs) {
      return new Promise<void>((resolve, reject) => {
        const settle = (outcome: () => void) => {
          clearTimeout(late);
          waiters.delete(waiter);
          outcome();
        };
        const waiter: Waiter = {
          runId: of,
          resolve: () => settle(resolve),
          reject: (error) => settle(() => reject(error)),
        };
        const late = setTimeout(() => waiter.reject(new Error(LATE[command])), Math.max(0, withinMs));
        waiters.add(waiter);
        run();
      });
    },
    close() {
      connection.disconnect();
    },
  };
}
