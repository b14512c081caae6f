import { explain, type ProviderRequest } from '@hookline/core';
import type { Write } from '../terminal.ts';
import { openEventLog } from '../open-event-log.ts';
import { withRedis } from '../with-redis.ts';
import type { CliConfig } from '../config.ts';
import { followEvent, formatTimeline } from '../timeline.ts';
import { isMet, judgeCopy } from './expectation.ts';
import { meaningOf } from './meaning.ts';
import type { SendOptions } from './options.ts';
import { post, type Answer } from './post.ts';
import type { Prepared } from './prepare.ts';
import { postedUrl } from './sample-request.ts';
import type { Target } from './target.ts';

const FOLLOW_MS = 15_000;
const LONGEST_SHOWN = 2_000;

/** Sends one request, says what the answer means, and follows its event. @returns the exit code */
export async function sendOne(
  target: Target,
  options: Pick<SendOptions, 'duplicate' | 'late' | 'to'>,
  prepared: Prepared,
  write: Write,
): Promise<number> {
  const { request, expectation, said } = prepared;
  const { provider, url, config } = target;
  // Without the query, which is where some providers put a secret.
  write(`POST ${url.origin}${url.pathname} (${said.join(', ')})`);
  const first = await reach(target, request);
  let expected = report(first, target, prepared, write);
  if (expectation.kind === 'handshake')
    write('a first request: the provider asks whether the endpoint is ours; no event comes of it');
  if (expectation.kind === 'accepted' && options.late !== 0)
    write(`${provider.name} signs no time, or this is near enough to now: it is no reason to refuse`);

  if (options.duplicate) {
    const second = await reach(target, request);
    write('the same once more:');
    expected = report(second, target, prepared, write) && expected;
    const judged = judgeCopy(expectation, second, first);
    write(judged.said);
    expected &&= judged.expected;
  }
  if (first.id === undefined || config === undefined) return expected ? 0 : 1;
  const found = await follow(first.id, config, write, options.to !== undefined);
  return expected && found ? 0 : 1;
}

/** @returns whether it is the answer that was to be expected */
function report(
  answer: Answer,
  { source, provider }: Target,
  { expectation }: Prepared,
  write: Write,
): boolean {
  const { status, ms, body } = answer;
  const shown = body === '' ? 'no body' : JSON.stringify(body).slice(0, LONGEST_SHOWN);
  write(`${status} in ${Math.round(ms)} ms: ${shown}`);
  const expected = isMet(expectation, answer);
  const meaning = meaningOf(answer, { source, expectation, signsUrl: provider.signsUrl });
  if (meaning !== undefined)
    write(`${expected ? 'refused, as was to be expected' : 'not expected'}: ${meaning}`);
  return expected;
}

async function reach({ url }: Target, request: ProviderRequest): Promise<Answer> {
  try {
    return await post(postedUrl(url, request), request);
  } catch (error) {
    const cause = explain(error);
    throw new Error(
      `${url.origin} cannot be reached (${cause}): is the receiver running? Start it with 'npm start', or name another with --to`,
      { cause: error },
    );
  }
}

/**
 * Shows an event's timeline.
 * @param elsewhere whether the receiver may have another event store, so that not finding the event is no failure
 */
async function follow(id: string, config: CliConfig, write: Write, elsewhere: boolean): Promise<boolean> {
  try {
    const code = await withRedis(config, async (partitions) => {
      const log = openEventLog(config, partitions);
      const event = await followEvent(log, id, FOLLOW_MS).finally(() => log.close());
      if (event !== undefined) {
        write(formatTimeline(event));
        return 0;
      }
      const isOver = await log.isOver(id);
      write(
        isOver
          ? `${id} is settled, and in the history: name that in HISTORY_URL to see more`
          : `the event store does not hold ${id}: does the receiver use another Redis?`,
      );
      return isOver ? 0 : 1;
    });
    return code === 0 || elsewhere;
  } catch (error) {
    if (!elsewhere) throw error;
    write(`not followed: ${explain(error)}`);
    return true;
  }
}
