import { runUntilDone } from '../../client/script.ts';
import {
  membersBy,
  moveHome,
  moveKnown,
  moveSum,
  moveToEach,
  moveUnion,
  moveWhole,
  PIECE,
  type Carrier,
} from './carry.ts';
import { moveChanges, moveNotes } from './notes.ts';
import { moveQueueKey } from './queues.ts';
import { asJob, keyFound, type FoundKey, type Step } from './rules.ts';
import { isStaying, type Side } from './sides.ts';

/** What has moved so far, of which partition. */
export type Progress = (source: Side, moved: number) => void;

/** At most so many at a time: each may be an event with a large body. */
const AT_A_TIME = 20;

/** Moves all that goes in this step. What is done already takes only a look. */
export async function moveStep(carrier: Carrier, step: Step, progress: Progress): Promise<void> {
  for (const source of carrier.sides.from) {
    let all = 0;
    // What a look may miss, or what was put there since, the next one finds.
    for (let moved = -1; moved !== 0;) {
      moved = 0;
      for await (const keys of keysOf(source))
        for (let at = 0; at < keys.length; at += AT_A_TIME) {
          const counts = await Promise.all(
            keys.slice(at, at + AT_A_TIME).map((found) => moveKey(carrier, source, found, step)),
          );
          moved += counts.reduce((sum, count) => sum + count, 0);
          progress(source, all + moved);
        }
      all += moved;
    }
  }
}

/** Every key of a partition, some at a time; one may be there twice. */
export async function* keysOf({ partition }: Side): AsyncGenerator<readonly FoundKey[]> {
  const pattern = `${partition.prefix.replaceAll(/[*?[\]\\]/g, '\\$&')}[/:]*`;
  for (let cursor = '0'; ;) {
    const [next, found] = (await partition.run('scan-keys', {
      keys: { queues: partition.keys.queues },
      args: { cursor, pattern },
    })) as readonly [Buffer, readonly Buffer[]];
    const keys = found.flatMap((key) => keyFound(partition.prefix, String(key)) ?? []);
    yield await Promise.all(keys.map((each) => toldApart(partition, each)));
    cursor = String(next);
    if (cursor === '0') return;
  }
}

/** The id of a job may end like the name of a stream. */
async function toldApart({ connection, prefix }: Side['partition'], found: FoundKey): Promise<FoundKey> {
  if (found.name !== 'jobStream' || (await connection.type(found.key)) !== 'hash') return found;
  return asJob(prefix, found.key);
}

async function moveKey(carrier: Carrier, source: Side, found: FoundKey, step: Step): Promise<number> {
  const { key, rule, values } = found;
  switch (rule.kind) {
    case 'stays':
      return 0;
    case 'queue':
      return moveQueueKey(carrier, source, found, step);
    case 'members':
      return step === 'members' ? membersBy(carrier, source, key, rule.by) : 0;
    case 'whole': {
      if (step !== rule.step || isFixed(carrier, source)) return 0;
      const name = values.at(-1) ?? '';
      return moveWhole(carrier, source, [key], await carrier.places.of(source.partition, rule.by, [name]));
    }
    default:
      return step === 'events' ? moveShared(carrier, source, found) : 0;
  }
}

/** Where there will be fewer, those that stay give nothing. */
function isFixed({ sides }: Carrier, source: Side): boolean {
  return sides.to.length < sides.from.length && isStaying(sides, source);
}

/** Moves what belongs to no event and no job. */
async function moveShared(carrier: Carrier, source: Side, found: FoundKey): Promise<number> {
  const { key, rule } = found;
  switch (rule.kind) {
    case 'drop':
      await source.partition.connection.unlink(key);
      return 0;
    case 'home':
      return moveHome(carrier, source, [key]);
    case 'each':
      return moveToEach(carrier, source, [key]);
    case 'known':
      return moveKnown(carrier, source, [key]);
    case 'union':
      return moveUnion(carrier, source, key);
    case 'sum':
      return moveSum(carrier, source, found);
    case 'notes':
      return moveNotes(carrier, source, key);
    case 'changes':
      return moveChanges(carrier, source, key);
    case 'stays':
    case 'queue':
    case 'members':
    case 'whole':
      return 0;
  }
}

/** Puts what was moved into a partition, and has an order, where it is looked for. */
export async function putInOrder(side: Side): Promise<void> {
  const { partition } = side;
  for await (const keys of keysOf(side))
    for (const { key, name, values } of keys) {
      const [last = ''] = values;
      if (name === 'movingJobs')
        await runUntilDone(() =>
          partition.run('fill-wait', { keys: { moved: key }, args: { queue: last, most: PIECE } }),
        );
      if (name === 'movingNotes')
        await runUntilDone(() =>
          partition.run('fill-notes', {
            keys: { moved: key, stream: `${partition.prefix}/${last}` },
            args: { most: PIECE },
          }),
        );
    }
}

/** What keeps somebody from looking for something in a partition that he does not find elsewhere: work that lies there. */
export async function workLeftIn(side: Side): Promise<string | undefined> {
  for await (const keys of keysOf(side))
    for (const { key, rule, values } of keys) {
      if (rule.kind === 'whole' || rule.kind === 'members') return key;
      if (rule.kind === 'queue' && isWork(values[1] ?? '')) return key;
    }
  return undefined;
}

const NO_WORK = /^(?:marker|events|stalled|stalled-check|limiter|meta|pc|id|metrics.*|de:.*|.*:lock)$/;

function isWork(part: string): boolean {
  return !NO_WORK.test(part);
}
