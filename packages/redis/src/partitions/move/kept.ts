import { basePrefixOf, type Layout, type RedisTarget } from '@hookline/core';
import { createPartition } from '../../bullmq/add-job.ts';
import type { Connection } from '../../client/connection.ts';
import { askedOf, keptLayout, ordinal, type KeptLayout } from '../../client/kept-layout.ts';
import type { Partition } from '../../client/partition.ts';
import { shownAddress } from '../../client/shown-address.ts';

export type ChangeStep = 'closing' | 'draining' | 'members' | 'jobs' | 'events' | 'opening';

/** A change of the number of partitions: from what, and how far it is. */
export interface Change {
  readonly from: number;
  readonly fromNodes: number;
  readonly step: ChangeStep;
  /** It is asked for what there was before: nothing has moved yet, and all goes on as it was. */
  readonly isTakenBack: boolean;
}

/** One Redis of a layout, and what it keeps of it. */
export interface Node {
  readonly target: RedisTarget;
  /** The partition of an installation of one: where that is kept. */
  readonly base: Partition;
  readonly kept: KeptLayout;
  /** As it is written there. */
  readonly fields: Readonly<Record<string, string>>;
}

export async function readNodes(
  layout: Layout,
  connections: ReadonlyMap<RedisTarget, Connection>,
): Promise<readonly Node[]> {
  return Promise.all(
    [...connections].map(async ([target, connection]): Promise<Node> => {
      const base = createPartition(connection, basePrefixOf(layout));
      const kept = await keptLayout(base, askedOf(layout, target), 'look');
      return { target, base, kept, fields: await connection.hgetall(base.keys.layout) };
    }),
  );
}

/** What is to be done, by what is kept. @throws Error that says why it cannot be */
export function agreedOn(nodes: readonly Node[], layout: Layout): Change | 'the same' {
  const underWay = nodes.find(({ fields }) => fields['next'] !== undefined);
  return underWay === undefined ? begun(nodes, layout) : continued(underWay, nodes, layout);
}

function continued({ fields }: Node, nodes: readonly Node[], layout: Layout): Change {
  const number = (name: string) => Number(fields[name]);
  const change = {
    from: number('from'),
    fromNodes: number('fromNodes'),
    step: (fields['step'] ?? 'closing') as ChangeStep,
  };
  if (number('next') === layout.length && number('nextNodes') === nodes.length)
    return { ...change, isTakenBack: false };
  const isEarly = change.step === 'closing' || change.step === 'draining';
  if (isEarly && layout.length === change.from) return { ...change, isTakenBack: true };
  throw new Error(
    `a change from ${change.from} to ${fields['next']} partitions on ${fields['nextNodes']} Redis is under way: finish it first, with 'partitions set ${fields['next']}'`,
  );
}

function begun(nodes: readonly Node[], layout: Layout): Change | 'the same' {
  const [home] = nodes;
  if (home === undefined) throw new Error('a layout has a first Redis');
  const { count, nodes: nodeCount } = home.kept;
  if (nodeCount > nodes.length)
    throw new Error(
      `the partitions lie on ${nodeCount} Redis, and ${nodes.length} ${nodes.length === 1 ? 'is' : 'are'} named: name all of them in REDIS_URLS, in their order; that there are fewer Redis, this command cannot do yet`,
    );
  for (const [place, { kept, target }] of nodes.slice(0, nodeCount).entries())
    if (kept.count !== count || kept.nodes !== nodeCount || kept.place !== place)
      throw new Error(
        `${shownAddress(target)} says that it is the ${ordinal(kept.place)} of ${kept.nodes} Redis with ${kept.count} partitions, and the first one says otherwise: name those that belong together, in their order`,
      );
  for (const { fields, target } of nodes.slice(nodeCount))
    if (fields['n'] !== undefined && Number(fields['n']) !== layout.length)
      throw new Error(
        `${shownAddress(target)} holds partitions of another installation: give it one of its own`,
      );
  if (count === layout.length && nodeCount === nodes.length) return 'the same';
  return { from: count, fromNodes: nodeCount, step: 'closing', isTakenBack: false };
}
