import { QueueKeys } from 'bullmq';

/** Not among its list of keys, though its scripts name them, too. */
const OLDER_KEYS = ['delay', 'priority', 'metrics', 'dn'] as const;
/** A job of one of these ids would lie where BullMQ keeps something of its own, and nothing of that queue runs then. */
const BULLMQ_KEYS: ReadonlySet<string> = new Set([
  ...Object.keys(new QueueKeys().getKeys('any')),
  ...OLDER_KEYS,
]);

export function isReservedJobId(id: string): boolean {
  return BULLMQ_KEYS.has(id);
}

/**
 * What is wrong with an id that somebody gives a job, in words that follow "the id is …": every way into a queue asks here.
 * @returns `undefined` for one that BullMQ takes
 */
export function jobIdProblem(id: unknown): string | undefined {
  if (typeof id !== 'string' || !/^[^\s:]{1,2000}$/.test(id) || /^-?\d+$/.test(id))
    return "it must be a text of 1 to 2000 characters without white space or ':', and not only digits";
  if (isReservedJobId(id)) return 'BullMQ keeps that name of the queue for itself: put something before it';
  return undefined;
}
