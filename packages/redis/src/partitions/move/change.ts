import { basePrefixOf, layoutOf, type Layout, type RedisTarget } from '@hookline/core';
import { createPartition } from '../../bullmq/add-job.ts';
import type { Connection } from '../../client/connection.ts';
import type { Partition } from '../../client/partition.ts';
import { withNodes, type ConnectTo } from './connected.ts';
import { drain } from './drain.ts';
import { agreedOn, type Change, type ChangeStep, type Node } from './kept.ts';
import { Places } from './places.ts';
import type { Step } from './rules.ts';
import { isSame, isStaying, type Side, type Sides } from './sides.ts';
import { moveStep, putInOrder, workLeftIn } from './steps.ts';

export interface ChangeOptions {
  /** As it is to be. */
  readonly layout: Layout;
  /** Milliseconds that is waited for who works still. */
  readonly timeout: number;
  /** Told what is done, in words for people. */
  readonly tell: (line: string) => void;
  readonly connectTo?: ConnectTo | undefined;
}

export type Changed = 'changed' | 'the same' | 'taken back';

/**
 * Changes how many partitions there are, and moves all that lies in them. Whatever dies meanwhile, doing it again goes on
 * where it was; until it is done nothing is taken in, and nothing runs.
 * @throws Error that says what stands against it, or what is left to do
 */
export function changePartitions(options: ChangeOptions): Promise<Changed> {
  const { layout, connectTo } = options;
  return withNodes(
    layout,
    async (nodes, connections) => {
      const agreed = agreedOn(nodes, layout);
      if (agreed === 'the same') return agreed;
      const change = new PartitionChange(agreed, nodes, connections, options);
      return agreed.isTakenBack ? change.takeBack() : change.run();
    },
    connectTo,
  );
}

const STEPS: readonly ChangeStep[] = ['closing', 'draining', 'members', 'jobs', 'events', 'opening'];
const SAYS: Readonly<Record<Step, string>> = {
  members: 'lists and queues',
  jobs: 'jobs',
  events: 'events and what is known of them',
};
const TELL_MS = 2_000;

class PartitionChange {
  readonly #change: Change;
  readonly #nodes: readonly Node[];
  readonly #sides: Sides;
  readonly #options: ChangeOptions;

  constructor(
    change: Change,
    nodes: readonly Node[],
    connections: ReadonlyMap<RedisTarget, Connection>,
    options: ChangeOptions,
  ) {
    const { layout } = options;
    this.#change = change;
    this.#nodes = nodes;
    this.#options = options;
    const [first, ...more] = nodes.slice(0, change.fromNodes).map(({ target }) => target);
    const from = layoutOf([first ?? layout[0].target, ...more], basePrefixOf(layout), change.from);
    const side = (address: Layout[0], number: number, of: number): Side => ({
      number,
      address,
      partition: partitionOn(connections, address, of),
    });
    const [home, ...others] = layout;
    this.#sides = {
      from: from.map((address, number) => side(address, number, from.length)),
      to: [side(home, 0, layout.length), ...others.map((each, at) => side(each, at + 1, layout.length))],
    };
  }

  /** Goes on at the step that it has come to. */
  async run(): Promise<Changed> {
    for (const step of STEPS.slice(STEPS.indexOf(this.#change.step))) {
      await this.#note(step);
      await this.#take(step);
    }
    return 'changed';
  }

  /** Lets everything go on as it was. Nothing has moved yet. */
  async takeBack(): Promise<Changed> {
    const { from, to } = this.#sides;
    await Promise.all(
      [...from, ...to].map(({ partition: { connection, keys } }) => connection.set(keys.partOf, from.length)),
    );
    for (const { base } of this.#nodes.toReversed()) {
      const { connection, keys } = base;
      await connection.hdel(keys.layout, 'next', 'nextNodes', 'from', 'fromNodes', 'step', 'newest');
    }
    return 'taken back';
  }

  async #take(step: ChangeStep): Promise<void> {
    switch (step) {
      case 'closing':
        return this.#close();
      case 'draining':
        return this.#drain();
      case 'members':
      case 'jobs':
      case 'events':
        return this.#move(step);
      case 'opening':
        return this.#open();
    }
  }

  /** From here on nobody takes anything in: what has come until now moves as well. */
  async #close(): Promise<void> {
    const { from, to } = this.#sides;
    for (const side of to) {
      if (from.some((each) => isSame(each, side))) continue;
      const left = await workLeftIn(side);
      if (left !== undefined)
        throw new Error(
          `${side.partition.prefix} holds something already, and nobody knows it as a partition (${left}): look what that is, and take it away or let somebody take it back`,
        );
    }
    await Promise.all(
      [...from, ...to].map(({ partition: { connection, keys } }) => connection.set(keys.partOf, 'closed')),
    );
  }

  async #drain(): Promise<void> {
    const { tell, timeout } = this.#options;
    await drain(this.#sides.from, timeout, (waitsFor) => tell(`waiting for ${waitsFor}`));
    const newest = Math.max(
      ...(await Promise.all(this.#sides.from.map(({ partition }) => newestIn(partition)))),
    );
    for (const { base } of this.#nodes) await base.connection.hset(base.keys.layout, 'newest', newest);
  }

  async #move(step: Step): Promise<void> {
    const carrier = { sides: this.#sides, places: new Places(this.#sides.to.length) };
    let told = Date.now();
    await moveStep(carrier, step, ({ number }, moved) => {
      if (Date.now() - told < TELL_MS) return;
      told = Date.now();
      this.#options.tell(`moving ${SAYS[step]}: ${moved} of partition ${number} so far`);
    });
  }

  async #open(): Promise<void> {
    const { from, to } = this.#sides;
    const left = from.filter((side) => !isStaying(this.#sides, side));
    for (const side of left) {
      const key = await workLeftIn(side);
      if (key === undefined) continue;
      await this.#note('members');
      throw new Error(
        `something was put into ${side.partition.prefix} meanwhile (${key}): run this again to move that, too`,
      );
    }
    for (const side of to) await putInOrder(side);
    const newest = Number(
      (await this.#nodes[0]?.base.connection.hget(this.#nodes[0].base.keys.layout, 'newest')) ?? 0,
    );
    for (const side of left) await this.#openOne(side, newest, false);
    for (const side of to) await this.#openOne(side, newest, true);
    // The first says last that it is done: who goes on asks it.
    for (const [place, { base }] of [...this.#nodes.entries()].toReversed()) {
      const { connection, keys } = base;
      await connection
        .multi()
        .hset(keys.layout, { n: to.length, m: this.#nodes.length, place })
        .hdel(keys.layout, 'next', 'nextNodes', 'from', 'fromNodes', 'step', 'newest')
        .exec();
    }
  }

  async #openOne({ partition }: Side, newest: number, isUsed: boolean): Promise<void> {
    const { partOf, changes, queues, moving } = partition.keys;
    await partition.run('open-partition', {
      keys: { partOf, changes, queues, moving },
      args: { count: this.#sides.to.length, ms: newest + 1, isUsed: isUsed ? 1 : 0 },
    });
  }

  /** Writes down, on every Redis, how far it is. */
  async #note(step: ChangeStep): Promise<void> {
    const { from, fromNodes } = this.#change;
    for (const [place, { base }] of this.#nodes.entries()) {
      const { connection, keys } = base;
      const kept = await connection.hexists(keys.layout, 'n');
      await connection.hset(keys.layout, {
        ...(kept === 1 ? {} : { n: from, m: fromNodes, place }),
        next: this.#sides.to.length,
        nextNodes: this.#nodes.length,
        from,
        fromNodes,
        step,
      });
    }
  }
}

function partitionOn(
  connections: ReadonlyMap<RedisTarget, Connection>,
  { target, prefix }: Layout[0],
  of: number,
): Partition {
  const connection = connections.get(target);
  if (connection === undefined) throw new Error('a partition has no connection');
  return createPartition(connection, prefix, of);
}

/** The time of the newest change ever told there, by its place in the stream. */
async function newestIn({ connection, keys }: Partition): Promise<number> {
  if ((await connection.exists(keys.changes)) === 0) return 0;
  const facts = (await connection.call('XINFO', 'STREAM', keys.changes)) as readonly unknown[];
  return Number(String(facts[facts.indexOf('last-generated-id') + 1]).split('-')[0]);
}
