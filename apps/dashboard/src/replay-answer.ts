import { turnReplayBy, type ReplayTurn } from '@hookline/operations';
import { findReplay, type Replay } from '@hookline/redis';
import { z } from 'zod';
import { ACT_BODY } from './pausing.ts';
import { REPLAY } from './replay-shapes.ts';
import { defineRoute, notFound, type AnyRoute } from './route.ts';

/** A replay as the API tells of it. */
export function replayAnswer({ spec, why, turnedAt, ...replay }: Replay): z.input<typeof REPLAY> {
  const { by, reason, query, handlers, canary, rate } = spec;
  return {
    ...replay,
    ...(why === undefined ? {} : { why }),
    ...(turnedAt === undefined ? {} : { turnedAt }),
    by,
    canary,
    rate,
    ...(reason === undefined ? {} : { reason }),
    ...(query === undefined ? {} : { query }),
    ...(handlers === undefined ? {} : { handlers: [...handlers] }),
  };
}

export function turningRoute(turn: ReplayTurn, says: string): AnyRoute {
  return defineRoute({
    method: 'POST',
    path: `/replays/:id/${turn}`,
    says,
    body: ACT_BODY,
    answer: REPLAY,
    async answerTo({ desk, viewer, now, params: { id = '' } }) {
      const { partitions } = desk.log;
      const before = await findReplay(partitions, id);
      if (before === undefined) return notFound('replay');
      const isTurned = await turnReplayBy(desk.log, id, turn, viewer.name, now);
      if (!isTurned) {
        const detail = `it is ${before.state}`;
        return {
          kind: 'problem',
          problem: { status: 409, error: 'not_now', title: `This replay cannot ${turn}`, detail },
        };
      }
      const after = (await findReplay(partitions, id)) ?? before;
      return { kind: 'json', value: replayAnswer(after) };
    },
  });
}
