import { findReplay } from '@hookline/redis';
import { replayAnswer } from '../replay-answer.ts';
import { REPLAY } from '../replay-shapes.ts';
import { defineRoute, notFound } from '../route.ts';

export default defineRoute({
  method: 'GET',
  path: '/replays/:id',
  says: 'How far a replay is, and how its work ended',
  answer: REPLAY,
  async answerTo({ desk, params: { id = '' } }) {
    const replay = await findReplay(desk.log.partitions, id);
    return replay === undefined ? notFound('replay') : { kind: 'json', value: replayAnswer(replay) };
  },
});
