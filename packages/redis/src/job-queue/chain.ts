import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';

/** The job whose handler is running, for what the handler adds. */
interface Parent {
  readonly id: string;
  readonly added: Map<string, number>;
  ended: boolean;
}

const parents = new AsyncLocalStorage<Parent>();

/** A chain of chains would grow its ids without end: from here on a parent's is replaced by its hash. */
const LONGEST_PARENT = 120;

/**
 * Runs a handler so that `childId` knows the jobs it adds.
 * @returns its result, and the way to say that the job succeeded: what its code adds later is nobody's child
 */
export function asParent<Result>(
  queue: string,
  jobId: string,
  run: () => Result,
): { readonly result: Result; readonly end: () => void } {
  const whole = withoutColons(`${queue}~${jobId}`);
  const id = whole.length <= LONGEST_PARENT ? whole : createHash('sha256').update(whole).digest('hex');
  const parent: Parent = { id, added: new Map(), ended: false };
  return { result: parents.run(parent, run), end: () => void (parent.ended = true) };
}

/**
 * The id of a job that a handler adds: made from the parent, the queue, the name and how many of these the same
 * attempt has added before, so that a later attempt of the parent asks for the same ids. `undefined` outside a handler.
 */
export function childId(queue: string, name: string): string | undefined {
  const parent = parents.getStore();
  if (parent === undefined || parent.ended) return undefined;
  const kind = withoutColons(`${queue}~${name}`);
  const position = parent.added.get(kind) ?? 0;
  parent.added.set(kind, position + 1);
  return `${parent.id}~${kind}~${position}`;
}

/** BullMQ's job ids have none; names, and the ids of its schedulers' jobs, may. */
function withoutColons(text: string): string {
  return text.replaceAll(':', '%3A');
}
