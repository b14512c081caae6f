import { listReplays } from '@hookline/redis';
import { z } from 'zod';
import { replayAnswer } from '../replay-answer.ts';
import { REPLAY } from '../replay-shapes.ts';
import { defineRoute } from '../route.ts';

export default defineRoute({
  method: 'GET',
  path: '/replays',
  says: 'The newest replays',
  query: z.strictObject({ limit: z.coerce.number().int().min(1).max(500).default(50) }),
  answer: z.object({ replays: z.array(REPLAY) }),
  async answerTo({ desk }, { query: { limit } }) {
    const replays = await listReplays(desk.log.partitions, limit);
    return { kind: 'json', value: { replays: replays.map(replayAnswer) } };
  },
});
