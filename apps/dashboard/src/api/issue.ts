import { z } from 'zod';
import { defineRoute, notFound } from '../route.ts';
import { ISSUE } from '../shapes.ts';
import { withHistory } from '../with-history.ts';

const MOST = 100;

export default defineRoute({
  method: 'GET',
  path: '/issues/:fingerprint',
  says: 'One issue, with the newest of its deliveries',
  answer: z.object({
    issue: ISSUE,
    deliveries: z.array(
      z.object({ event: z.string(), handler: z.string(), at: z.number(), status: z.string() }),
    ),
  }),
  answerTo: (ask) =>
    withHistory(ask, async (history) => {
      const { fingerprint = '' } = ask.params;
      const issue = await history.issue(fingerprint, ask.now);
      if (issue === undefined) return notFound('issue');
      const { items } = await history.issueDeliveries(fingerprint, { limit: MOST });
      const deliveries = items.map((delivery) => ({ ...delivery }));
      return { kind: 'json', value: { issue: { ...issue, recent: [...issue.recent] }, deliveries } };
    }),
});
