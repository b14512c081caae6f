export { connect, type Connection, type Role } from './connection.ts';
export { openDeadLetters, type DeadLetters, type Replayed } from './dead-letters.ts';
export type { ParsePayload } from './event-record.ts';
export { openEventStore, type EventStoreOptions, type RedisEventStore } from './event-store.ts';
export { findEvent, listEvents, type EventSummary } from './events.ts';
export { nextSlot } from './cron.ts';
export { openQueues, type OpenQueues } from './queues.ts';
export { evictionProblem } from './server-check.ts';
export { startWorker, type QueueSettings, type RunningWorker, type WorkerOptions } from './worker.ts';
