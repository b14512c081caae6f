import { readServer, shownAddress, type Partitions, type ServerFacts } from '@hookline/redis';
import type { Layout } from '@hookline/core';
import { namesOf, type AwayRedis } from '../with-redis.ts';
import { note, wrong, type Finding } from './finding.ts';
import { redisFindings } from './redis.ts';

/** A Redis that answers, and the partitions that it holds. */
interface SeenNode {
  readonly address: string;
  readonly numbers: readonly number[];
  readonly facts: ServerFacts;
  /** Milliseconds that a command takes there and back, in the middle of some. */
  readonly latency: number;
  readonly prefix: string;
}

/** What is found of every Redis: each says which it is about, where there are several. */
export async function nodeFindings(
  layout: Layout,
  partitions: Partitions,
  { away, production }: { readonly away: readonly AwayRedis[]; readonly production: boolean },
): Promise<readonly Finding[]> {
  const nodes = await readNodes(layout, partitions, new Set(away.flatMap(({ numbers }) => numbers)));
  const isOne = nodes.length === 1 && away.length === 0;
  return [
    ...away.map(({ numbers, why }) =>
      wrong(
        `${namesOf(numbers)} cannot be reached (${why}): no event of ${numbers.length === 1 ? 'it' : 'them'} is taken or run`,
        'start that Redis, or look at the network between; what lies there goes on when it is back',
      ),
    ),
    ...nodes.flatMap((node) => {
      const findings = redisFindings({ ...node, production });
      const place = `${node.address} (${namesOf(node.numbers)})`;
      return isOne ? findings : findings.map((each) => ({ ...each, says: `${place}: ${each.says}` }));
    }),
    ...agreementFindings(nodes),
  ];
}

const PINGS = 15;

/** Each server once, however many partitions it holds: of a cluster, the nodes that do. */
async function readNodes(
  layout: Layout,
  { all }: Partitions,
  away: ReadonlySet<number>,
): Promise<readonly SeenNode[]> {
  const nodes = new Map<unknown, SeenNode>();
  for (const [number, { connection, keys, prefix }] of all.entries()) {
    if (away.has(number)) continue;
    const { target } = layout[number] ?? layout[0];
    const facts = await readServer(connection, keys.queues, Date.now);
    const server = facts.runId === '' ? target : facts.runId;
    const known = nodes.get(server);
    nodes.set(
      server,
      known === undefined
        ? {
            address: shownAddress(target),
            numbers: [number],
            facts,
            latency: await latencyOf(() => connection.hlen(keys.repairs)),
            prefix,
          }
        : { ...known, numbers: [...known.numbers, number] },
    );
  }
  return [...nodes.values()];
}

async function latencyOf(ask: () => Promise<unknown>): Promise<number> {
  const took: number[] = [];
  for (let ping = 0; ping < PINGS; ping += 1) {
    const began = performance.now();
    await ask();
    took.push(performance.now() - began);
  }
  return took.toSorted((a, b) => a - b)[Math.floor(PINGS / 2)] ?? 0;
}

/** An event is as safe as the Redis that it happens to fall to. */
const FACTS: readonly (readonly [name: string, of: (facts: ServerFacts) => string | undefined])[] = [
  ['versions of Redis', ({ version }) => version],
  ['settings of when it is synced to the disk', syncOf],
  ['numbers of replicas', ({ replicas }) => String(replicas)],
  ['limits of memory', ({ memory }) => `${Math.round(memory.limit / (1024 * 1024))} MB`],
];

function syncOf({ appendOnly, appendFsync = 'unknown' }: ServerFacts): string {
  return appendOnly ? appendFsync : 'no append-only file';
}

function agreementFindings(nodes: readonly SeenNode[]): readonly Finding[] {
  return FACTS.flatMap(([name, of]) => {
    const said = nodes.flatMap(({ address, facts }) => {
      const value = of(facts);
      return value === undefined ? [] : [{ address, value }];
    });
    if (new Set(said.map(({ value }) => value)).size < 2) return [];
    const each = said.map(({ address, value }) => `${address} has ${value}`).join(', ');
    return [note(`the partitions lie on different ${name}: ${each}`, 'let them be the same')];
  });
}
