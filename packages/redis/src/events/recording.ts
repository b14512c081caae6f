import { randomUUID } from 'node:crypto';
import { within, type Logger, type RedisTarget } from '@hookline/core';
import { createPartition } from '../bullmq/add-job.ts';
import { connect } from '../client/connection.ts';
import { openChanges, type Changes } from './changes.ts';
import { setHistoryMode } from './history-mode.ts';
import { openNotes, type Notes } from './notes.ts';
import { reportConnection } from '../client/report-connection.ts';

/** For giving the lease back; else it runs out by itself. */
const CLOSE_MS = 500;

/** One process's part in recording what happens in Redis. */
export interface Recording {
  /** Names what is recorded among the others of a history. */
  readonly partition: string;
  readonly changes: Changes;
  readonly notes: Notes;
  /** How often a server was connected to: another one may not have heard of all that was given up. */
  readonly connections: number;
  /** Whether this process is the one that records now, and for the next `duration` milliseconds. */
  lead(duration: number): Promise<boolean>;
  /** Whether everything that Redis holds was recorded once, so that the stream of changes is enough from then on. */
  isRecordedOnce(): Promise<boolean>;
  noteRecordedOnce(): Promise<void>;
  /** Says to everybody whether a history is kept. */
  announce(mode: 'on' | 'off'): Promise<void>;
  close(): Promise<void>;
}

/** Opens what happens in Redis for recording. Waits for Redis whenever it is away. */
export function openRecording(options: {
  readonly target: RedisTarget;
  readonly prefix: string;
  readonly log: Logger;
}): Recording {
  const { target, prefix, log } = options;
  const connection = connect(target, 'worker');
  reportConnection(connection, log);
  const partition = createPartition(connection, prefix);
  const owner = randomUUID();
  const lease = partition.keys.recorderLease;
  let connections = 0;
  for (const name of ['ready', '+node', '-node']) connection.on(name, () => (connections += 1));
  return {
    partition: prefix,
    get connections() {
      return connections;
    },
    changes: openChanges(partition),
    notes: openNotes(partition),
    async lead(duration) {
      const answer = await partition.run('take-lease', { keys: { lease }, args: { owner, duration } });
      return answer === 'held';
    },
    isRecordedOnce: async () => (await connection.exists(partition.keys.recordedOnce)) === 1,
    async noteRecordedOnce() {
      await partition.run('note-recorded', { keys: { recordedOnce: partition.keys.recordedOnce } });
    },
    announce: (mode) => setHistoryMode(partition, mode),
    async close() {
      if (connection.status === 'ready')
        await within(CLOSE_MS, partition.run('give-lease', { keys: { lease }, args: { owner } })).catch(
          () => undefined,
        );
      connection.disconnect();
    },
  };
}
