import { LATE, within, type RedisTarget } from '@hookline/core';
import { connect, type Connection } from '../client/connection.ts';
import { readyOrRefused } from '../client/refusal.ts';

/** A connection for what is large or not urgent, so that nothing else waits behind it on the wire. Opened at its first use. */
export interface BulkLane {
  /**
   * Makes a write on it.
   * @returns the answer, and the run id of the server that gave it
   * @throws Error when there was no answer within so many milliseconds: the write may come through all the same
   */
  run<T>(write: (connection: Connection) => Promise<T>, withinMs: number): Promise<LaneAnswer<T>>;
  close(): void;
}

export interface LaneAnswer<T> {
  readonly answer: T;
  readonly runId: string;
}

/** @param key one of those that are written: in a cluster, the lane leads to its node */
export function createBulkLane(target: RedisTarget, key: string): BulkLane {
  let lane: ReturnType<typeof open> | undefined;
  return {
    async run(write, withinMs) {
      lane ??= open(target, key);
      const { connection, server } = lane;
      const until = performance.now() + withinMs;
      await readyOrRefused(connection, target, withinMs);
      const runId = await inTime(server(), until - performance.now());
      const answer = await inTime(write(connection), until - performance.now());
      if ((await server()) !== runId) throw new Error('the connection to Redis was lost meanwhile');
      return { answer, runId };
    },
    close: () => lane?.connection.disconnect(),
  };
}

function open(target: RedisTarget, key: string) {
  const connection = connect(target, 'bulk', key);
  // Who writes is told by the write.
  connection.on('error', () => undefined);
  let runId: Promise<string> | undefined;
  const forget = () => (runId = undefined);
  connection.on('close', forget);
  async function ask(): Promise<string> {
    try {
      return /^run_id:(\w+)/m.exec(await connection.info('server'))?.[1] ?? '';
    } catch (error) {
      forget();
      throw error;
    }
  }
  return { connection, server: () => (runId ??= ask()) };
}

async function inTime<T>(answer: Promise<T>, ms: number): Promise<T> {
  const given = await within(ms, answer);
  if (given === LATE) throw new Error('Redis does not answer in time');
  return given;
}
