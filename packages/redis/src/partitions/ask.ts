import { explain } from '@hookline/core';
import type { Partition } from '../client/partition.ts';
import type { Partitions } from '../client/partitions.ts';

/** The same question, of what there is once for all partitions. */
export function atHome<Given extends readonly unknown[], Answer>(
  ask: (home: Partition, ...given: Given) => Answer,
): (partitions: Pick<Partitions, 'home'>, ...given: Given) => Answer {
  return ({ home }, ...given) => ask(home, ...given);
}

/** Asks all at once. @returns what those say that answer, in their order @throws Error when none does */
export async function answersOf<Answer>(
  { all }: Partitions,
  ask: (partition: Partition) => Promise<Answer>,
): Promise<readonly Answer[]> {
  const asked = await Promise.allSettled(all.map(ask));
  const answers = asked.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const failed = asked.find((each) => each.status === 'rejected');
  if (answers.length === 0 && failed !== undefined) throw failed.reason;
  return answers;
}

const NOTHING = new Error('there is nothing here');

/** No partition that answers has what was asked for, and one that does not may. */
export class PartitionAwayError extends Error {}

/**
 * Asks all at once for what only one of them has, and waits for no other once it is found.
 * @throws PartitionAwayError
 */
export async function firstOf<Answer>(
  { all }: Partitions,
  ask: (partition: Partition) => Promise<Answer | undefined>,
): Promise<Answer | undefined> {
  const asked = all.map(async (partition) => {
    const answer = await ask(partition);
    if (answer === undefined) throw NOTHING;
    return answer;
  });
  try {
    return await Promise.any(asked);
  } catch (error) {
    const { errors } = error as { readonly errors: readonly unknown[] };
    const away = [...errors.keys()].filter((number) => errors[number] !== NOTHING);
    const [first] = away;
    if (first === undefined) return undefined;
    if (all.length === 1) throw errors[first];
    throw new PartitionAwayError(
      `it is in no partition that answers, and may be in one that does not (${away.join(', ')}): ask again once that is back`,
      { cause: errors[first] },
    );
  }
}

/**
 * Does something in all of them at once that may be done twice.
 * @returns what each answered, by number
 * @throws Error that says where it could not be done: in the others it was
 */
export async function inEach<Answer>(
  { all }: Partitions,
  act: (partition: Partition) => Promise<Answer>,
): Promise<readonly Answer[]> {
  const done = await Promise.allSettled(all.map(act));
  const failed = done.flatMap((each, number) =>
    each.status === 'rejected' ? [{ number, reason: each.reason as unknown }] : [],
  );
  const [first] = failed;
  if (first === undefined) return done.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  if (all.length === 1) throw first.reason;
  const where = failed.map(({ number }) => number).join(', ');
  throw new Error(
    `it could not be done in ${failed.length} of ${all.length} partitions (${where}): ${explain(first.reason)}. In the others it is done; ask again once these are back`,
    { cause: first.reason },
  );
}

/** The partition that holds an event. Only one may: an installation of one is not asked whether it does. */
export async function holderOf(partitions: Partitions, id: string): Promise<Partition | undefined> {
  if (partitions.all.length === 1) return partitions.home;
  return firstOf(partitions, async (partition) => {
    const { connection, keys } = partition;
    return (await connection.exists(keys.event(id))) === 1 ? partition : undefined;
  });
}
