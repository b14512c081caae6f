import { hash } from 'node:crypto';
import type { RedisTarget } from './redis-target.ts';

/** Where the keys of one partition are. */
export interface PartitionAddress {
  readonly target: RedisTarget;
  /** BullMQ's key prefix, with a hash tag: all of it is in one cluster slot. */
  readonly prefix: string;
}

/** The partitions of an installation, by number. What there is once for all of them lies in the first. */
export type Layout = readonly [PartitionAddress, ...PartitionAddress[]];

/** More would only be more to ask: a million webhooks a minute need a handful. */
export const MOST_PARTITIONS = 64;

/**
 * The addresses of `count` partitions, which take turns over the targets.
 * @param prefix of an installation of one partition, like `{hookline}`; of several the third is `{hookline:2}`
 */
export function layoutOf(
  targets: readonly [RedisTarget, ...RedisTarget[]],
  prefix: string,
  count: number,
): Layout {
  const addressOf = (index: number): PartitionAddress => ({
    target: targets[index % targets.length] ?? targets[0],
    prefix: count === 1 ? prefix : prefix.replace('}', `:${index}}`),
  });
  const [, ...rest] = Array.from({ length: count }, (_, index) => addressOf(index));
  return [addressOf(0), ...rest];
}

type Named = Pick<PartitionAddress, 'prefix'>;

/** The prefix of an installation of one partition, where what there is of it is known: each of its Redis says there how many it has. */
export function basePrefixOf([{ prefix }, ...others]: readonly [Named, ...Named[]]): string {
  return others.length === 0 ? prefix : prefix.replace(':0}', '}');
}

/** Which of `count` partitions an event belongs to: that of its subject, so that its order can be kept, or of its id. */
export function partitionOfEvent(
  { id, source, subject }: { readonly id: string; readonly source: string; readonly subject?: string },
  count: number,
): number {
  if (count === 1) return 0;
  return subject === undefined
    ? partitionOfText(id, count)
    : partitionOfSubject(subjectDigest(source, subject), count);
}

/** What stands for a subject of a source in keys; lines.lua makes the same. 40 hexadecimal characters. */
export function subjectDigest(source: string, subject: string): string {
  return hash('sha1', `${source}\n${subject}`, 'hex');
}

/** Which of `count` partitions the events of a subject belong to: most keys of a subject know nothing of it but its digest. */
export function partitionOfSubject(digest: string, count: number): number {
  return partitionOfText(digest, count);
}

/** Which of `count` partitions a job of this id is put into. */
export function partitionOfId(id: string, count: number): number {
  return partitionOfText(id, count);
}

/**
 * Rendezvous hashing: each partition has a weight for a text, and the heaviest has it. Of texts that are spread over n
 * partitions, one more takes 1/(n+1), and no other moves.
 */
function partitionOfText(text: string, count: number): number {
  if (count === 1) return 0;
  const hash = fnv1a(text);
  let [heaviest, most] = [0, -1];
  for (let index = 0; index < count; index += 1) {
    const weight = mixed(hash ^ Math.imul(index + 1, 0x9e37_79b1));
    if (weight > most) [heaviest, most] = [index, weight];
  }
  return heaviest;
}

/** The 32-bit FNV-1a hash of a text's UTF-16 code units. */
function fnv1a(text: string): number {
  let hash = 0x811c_9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x0100_0193);
  return hash >>> 0;
}

/** MurmurHash3's finalizer: every bit of the answer depends on every bit of the number. */
function mixed(number: number): number {
  let hash = number >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
