import type { RedisNode, SystemState } from '@hookline/redis';
import { notice, type Signal } from './signal.ts';

const NEARLY_FULL = 0.8;

/** What needs somebody of the Redis that hold the partitions. */
export function nodeSignals(state: SystemState): readonly Signal[] {
  const { nodes, away, memory, appendfsync } = state;
  return [
    ...awaySignals(state),
    ...(nodes.length + away.length > 1
      ? nodes.flatMap((node) => serverSignals(node, { name: `Redis ${node.address}`, key: node.address }))
      : serverSignals({ memory, appendfsync }, { name: 'Redis', key: 'redis' })),
  ];
}

function awaySignals({ away }: SystemState): readonly Signal[] {
  return away.map((number) => ({
    kind: 'partition-away',
    key: `partition-away:${number}`,
    title: `Partition ${number} is away`,
    says: [
      'The Redis of ',
      `partition ${number}`,
      ' does not answer: its events wait in the spools of the receivers, or are answered 503, and what lies in it is not counted here.',
    ],
    path: '/admin/system',
  }));
}

function serverSignals(
  { memory, appendfsync }: Pick<RedisNode, 'memory' | 'appendfsync'>,
  { name, key }: { readonly name: string; readonly key: string },
): readonly Signal[] {
  const noticeOf = (what: string, says: Signal['says']) =>
    notice(key === 'redis' ? what : `${what}/${key}`, says);
  const signals: Signal[] = [];
  if (memory.policy !== 'noeviction' && memory.policy !== 'unknown')
    signals.push(
      noticeOf('policy', [
        `${name} may throw data away: its maxmemory-policy is `,
        memory.policy,
        '; Hookline needs noeviction.',
      ]),
    );
  if (memory.ratio >= NEARLY_FULL)
    signals.push({
      kind: 'memory',
      key: `memory:${key}`,
      title: `${name} is nearly full`,
      says: [
        `${name} is `,
        `${Math.round(memory.ratio * 100)} % full`,
        ': soon new events are refused so that workers can drain. Give it more memory, or add workers.',
      ],
      path: '/admin/system',
    });
  if (appendfsync === 'off' || appendfsync === 'no')
    signals.push(
      noticeOf('sync', [
        `${name} does not sync an `,
        'append-only file',
        ': events that were answered 200 are lost with its memory.',
      ]),
    );
  return signals;
}
