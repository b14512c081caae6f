import type { IssueState } from '@hookline/core';
import { discardIssue, replayIssue } from '@hookline/operations';
import { z } from 'zod';
import type { Ask } from './desk.ts';
import { ACT_BODY } from './pausing.ts';
import { badRequest, defineRoute, notFound, type AnyRoute } from './route.ts';
import { ISSUE } from './shapes.ts';
import { withHistory } from './with-history.ts';

/** Says something of an issue. */
export function issueStateRoute(verb: string, state: IssueState, says: string): AnyRoute {
  return defineRoute({
    method: 'POST',
    path: `/issues/:fingerprint/${verb}`,
    says,
    body: ACT_BODY,
    answer: ISSUE,
    answerTo: (ask, { body }) =>
      withHistory(ask, async (history) => {
        const { fingerprint = '' } = ask.params;
        const issue = await history.setIssueState({ fingerprint, state, by: ask.viewer.name, at: ask.now });
        if (issue === undefined) return notFound('issue');
        await note(ask, `issue.${verb}`, fingerprint, 'done', body.reason);
        return { kind: 'json', value: { ...issue, recent: [...issue.recent] } };
      }),
  });
}

/** Those of an issue that are dead still are replayed. */
export const replayRoute: AnyRoute = defineRoute({
  method: 'POST',
  path: '/issues/:fingerprint/replay',
  says: 'Replays those of its deliveries that are still dead',
  body: ACT_BODY,
  success: 202,
  answer: z.object({ id: z.string(), total: z.number() }),
  answerTo: (ask, { body }) =>
    withHistory(ask, async (history) => {
      const { fingerprint = '' } = ask.params;
      const issue = await history.issue(fingerprint, ask.now);
      if (issue === undefined) return notFound('issue');
      const asked = {
        fingerprint,
        handler: issue.handler,
        canary: body['canary'] === true || body['canary'] === 'on',
        by: ask.viewer.name,
        reason: body.reason === '' ? undefined : body.reason,
      };
      const begun = await replayIssue(ask.desk.log, history, asked, ask.now);
      if (begun.kind === 'none-dead') return badRequest('nothing of it is dead any more');
      if (begun.kind !== 'begun') return badRequest('its events are not kept any more');
      return { kind: 'json', status: 202, value: { id: begun.id, total: begun.total } };
    }),
});

/** Those of an issue that are dead still are given up for good. */
export const discardRoute: AnyRoute = defineRoute({
  method: 'POST',
  path: '/issues/:fingerprint/discard',
  says: 'Gives those of its deliveries up for good that are still dead',
  body: ACT_BODY,
  answer: z.object({ discarded: z.number() }),
  answerTo: (ask, { body }) =>
    withHistory(ask, async (history) => {
      const { fingerprint = '' } = ask.params;
      if ((await history.issue(fingerprint, ask.now)) === undefined) return notFound('issue');
      const letters = ask.desk.deadLetters(ask.viewer.name);
      const discarded = await discardIssue(letters, history, fingerprint);
      await note(ask, 'issue.discard', fingerprint, `${discarded} discarded`, body.reason);
      return { kind: 'json', value: { discarded } };
    }),
});

async function note(
  { desk, viewer }: Ask,
  action: string,
  target: string,
  outcome: string,
  reason: string | undefined,
): Promise<void> {
  await desk.note({
    actor: viewer.name,
    action,
    target,
    outcome,
    ...(reason === undefined || reason === '' ? {} : { detail: reason }),
  });
}
