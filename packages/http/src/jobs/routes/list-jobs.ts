import { jsonAnswer } from '../../wire/json.ts';
import { problemAnswer } from '../../wire/problem.ts';
import * as refusals from '../refusals.ts';
import { readQuery } from '../request.ts';
import type { AnsweringRoute } from '../route.ts';

/** `GET /jobs`: one page of jobs, newest first. */
export default {
  method: 'GET',
  path: '/jobs',
  async answer({ search, ask }, { service }) {
    const query = readQuery(search);
    if (!query.ok) return problemAnswer(refusals.invalid('invalid_query', query.errors));
    const page = await ask(() => service.list(query.value));
    if (page.kind === 'unknown-cursor') return problemAnswer(refusals.UNKNOWN_CURSOR);
    return jsonAnswer(200, {
      jobs: page.jobs,
      next: page.next ?? null,
      ...(page.isPartial && { partial: true }),
    });
  },
} satisfies AnsweringRoute;
