import { explain } from '@hookline/core';
import { UsageError } from '../command.ts';
import { isMet, judgeCopy } from './expectation.ts';
import { meaningOf } from './meaning.ts';
import type { SendOptions } from './options.ts';
import { runPaced } from './paced.ts';
import { post, type Answer } from './post.ts';
import type { Prepared } from './prepare.ts';
import { postedUrl } from './sample-request.ts';
import { summaryOf, type Outcome } from './summary.ts';
import type { Terminal } from '../terminal.ts';
import type { Target } from './target.ts';

/** How many are under way at once: with a rate, so many that slow answers do not lower it. */
const [AT_ONCE, AT_ONCE_WITH_RATE] = [16, 256];

/** Sends many events and sums up the answers. @returns the exit code */
export async function sendMany(
  target: Target,
  options: SendOptions,
  prepare: (index: number) => Prepared,
  { write, note }: Pick<Terminal, 'write' | 'note'>,
): Promise<number> {
  const { count, rate, reorder, duplicate, data } = options;
  const outcomes: Outcome[] = [];
  const sent = new Set<string>();
  const begun = performance.now();
  const atOnce = reorder ? 1 : rate === undefined ? AT_ONCE : AT_ONCE_WITH_RATE;
  await runPaced({
    count,
    atOnce,
    ...(rate === undefined ? {} : { rate }),
    start(turn) {
      const prepared = prepare(reorder ? count - 1 - turn : turn);
      if (data !== undefined) sent.add(eventOf(target, prepared));
      if (data !== undefined && sent.size === turn)
        throw new UsageError(
          '--data gives the same event each time: leave --count out, or send it twice with --duplicate',
        );
      return sendCopies(target, prepared, duplicate ? 2 : 1, outcomes);
    },
    note: (started) => note(`sent ${started} of ${count}, ${outcomes.length} answered`),
  });

  const { origin, pathname } = target.url;
  write(`POST ${origin}${pathname}: ${count} events${reorder ? ', the last one first' : ''}`);
  write(summaryOf(outcomes, performance.now() - begun));
  const wrong = outcomes.filter(({ expected }) => !expected).length;
  write(
    wrong === 0
      ? 'every answer is the one that was to be expected'
      : `not expected: ${wrong} of ${outcomes.length} answers`,
  );
  return wrong === 0 ? 0 : 1;
}

/** Never rejects: no answer is an outcome, too. */
async function sendCopies(
  { url, source, provider }: Target,
  { request, expectation }: Prepared,
  copies: number,
  outcomes: Outcome[],
): Promise<void> {
  let original: Answer | undefined;
  for (let copy = 0; copy < copies; copy += 1) {
    const asked = performance.now();
    try {
      const answer = await post(postedUrl(url, request), request);
      const { status, error, reason, ms } = answer;
      const why = status < 300 ? undefined : (reason ?? error);
      const meaning = meaningOf(answer, { source, expectation, signsUrl: provider.signsUrl });
      const judged = original && judgeCopy(expectation, answer, original);
      outcomes.push({
        ms,
        answer: why === undefined ? String(status) : `${status} ${why}`,
        duplicate: answer.duplicate ?? judged?.copy ?? false,
        expected: isMet(expectation, answer) && (judged?.expected ?? true),
        ...(meaning === undefined ? {} : { meaning }),
      });
      original ??= answer;
    } catch (error) {
      const answer = `no answer: ${explain(error)}`;
      outcomes.push({ answer, ms: performance.now() - asked, expected: false, duplicate: false });
    }
  }
}

/** What tells an event from others. */
function eventOf({ provider }: Target, { request }: Prepared): string {
  const [item] = provider.split(request);
  if (item?.deliveryId !== undefined) return item.deliveryId;
  return item?.repeats === false
    ? item.body.toString('base64')
    : request.url + JSON.stringify(request.headers);
}
