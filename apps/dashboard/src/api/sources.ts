import { loadSources } from '@hookline/operations';
import { z } from 'zod';
import { badRequest, defineRoute } from '../route.ts';
import { SOURCE } from '../shapes.ts';
import { RANGE_QUERY, rangeOf } from '../time-range.ts';
import { withHistory } from '../with-history.ts';

export default defineRoute({
  method: 'GET',
  path: '/sources',
  says: 'The endpoints: what came in on each, what was refused, and whether one is silent',
  query: z.strictObject(RANGE_QUERY),
  answer: z.object({ sources: z.array(SOURCE) }),
  answerTo: (ask, { query }) =>
    withHistory(ask, async () => {
      const read = rangeOf(query, ask.now);
      if (read.kind === 'problem') return badRequest(read.problem);
      const sources = ((await loadSources(ask.desk.log, read.range, ask.now)) ?? []).map(
        ({ provider, lastEventAt, silentSince, secretsSince, ...source }) => ({
          ...source,
          ...(provider === undefined ? {} : { provider }),
          ...(lastEventAt === undefined ? {} : { lastEventAt }),
          ...(silentSince === undefined ? {} : { silentSince }),
          ...(secretsSince === undefined ? {} : { secretsSince: [...secretsSince] }),
        }),
      );
      return { kind: 'json', value: { sources } };
    }),
});
