import type { Layout, Logger } from '@hookline/core';
import { namingRedis } from '../client/naming-redis.ts';
import { openRecording, type Recording } from '../events/recording.ts';

/** Opens what happens in each partition for recording, by number. Each waits for its own Redis whenever that is away. */
export function openRecordings(layout: Layout, log: Logger): readonly [Recording, ...Recording[]] {
  const [home, ...others] = layout;
  const open = ({ target, prefix }: Layout[0]) =>
    openRecording({ target, prefix, log: namingRedis(log, layout, target, prefix) });
  return [open(home), ...others.map(open)];
}
