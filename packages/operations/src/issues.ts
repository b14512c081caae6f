import { deliveryIdOf, type History, type IssueDelivery } from '@hookline/core';
import type { DeadLetters } from '@hookline/redis';
import type { EventLog } from './event-log.ts';
import { askReplay, type ReplayBegun } from './replays/ask-replay.ts';

const PAGE = 500;
const MOST = 10_000;

/** The newest of an issue's deliveries that are still dead. */
async function deadOf(history: History, fingerprint: string): Promise<readonly IssueDelivery[]> {
  const dead: IssueDelivery[] = [];
  for (let before: string | undefined; dead.length < MOST;) {
    const page = await history.issueDeliveries(fingerprint, {
      limit: PAGE,
      ...(before === undefined ? {} : { before }),
    });
    dead.push(...page.items.filter(({ status }) => status === 'dead'));
    before = page.next;
    if (before === undefined) break;
  }
  return dead;
}

export interface IssueReplay {
  readonly fingerprint: string;
  readonly handler: string;
  readonly canary: boolean;
  readonly by: string;
  readonly reason: string | undefined;
}

/** Replays those of an issue's deliveries that are still dead. */
export async function replayIssue(
  log: EventLog,
  history: History,
  { fingerprint, handler, canary, by, reason }: IssueReplay,
  now: number,
): Promise<ReplayBegun | { readonly kind: 'none-dead' }> {
  const dead = await deadOf(history, fingerprint);
  if (dead.length === 0) return { kind: 'none-dead' };
  const what = { kind: 'ids', ids: dead.map(({ event }) => event) } as const;
  return askReplay(log, { what, handlers: [handler], canary, by, reason }, false, now);
}

/** Gives those of an issue's deliveries up for good that are still dead. @returns how many there were */
export async function discardIssue(
  letters: DeadLetters,
  history: History,
  fingerprint: string,
): Promise<number> {
  let discarded = 0;
  for (const { event, handler } of await deadOf(history, fingerprint))
    if (await letters.discard(deliveryIdOf(event, handler))) discarded += 1;
  return discarded;
}
