import { scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import type { Partition } from '../client/partition.ts';
import type { Partitions } from '../client/partitions.ts';

const derive = promisify<string, string, number, { N: number }, Buffer>(scrypt);
/** What a secret is known again by: too little to tell it, and dear to guess by. */
const MARK_BYTES = 6;
const COST = { N: 4_096 };

/** Since when secrets of a source are known, told from marks that say nothing of them. */
export class SecretAges {
  readonly #partition: Partition;
  readonly #marks = new Map<string, Promise<string>>();

  constructor({ home }: Pick<Partitions, 'home'>) {
    this.#partition = home;
  }

  /** @returns for each in turn since when it is set, in milliseconds since the epoch: `now` for one that nobody saw before */
  async since(source: string, secrets: readonly string[], now: number): Promise<readonly number[]> {
    if (secrets.length === 0) return [];
    const { connection, keys } = this.#partition;
    const marks = await Promise.all(secrets.map((secret) => this.#markOf(source, secret)));
    const key = keys.secretsSeen(source);
    await Promise.all(marks.map((mark) => connection.hsetnx(key, mark, now)));
    return (await connection.hmget(key, ...marks)).map((at) => Number(at ?? now));
  }

  #markOf(source: string, secret: string): Promise<string> {
    const name = `${source} ${secret}`;
    const known = this.#marks.get(name) ?? markOf(source, secret);
    this.#marks.set(name, known);
    return known;
  }
}

async function markOf(source: string, secret: string): Promise<string> {
  return (await derive(secret, `hookline secret of ${source}`, MARK_BYTES, COST)).toString('base64url');
}
