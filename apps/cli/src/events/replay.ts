import type { SearchQuery } from '@hookline/core';
import { askReplay, type EventLog, type ReplayAsked, type ReplayBegun } from '@hookline/operations';
import { createInterface } from 'node:readline/promises';
import { actor } from '../actor.ts';
import { reasonOption, UsageError, type Call } from '../command.ts';
import type { CliConfig } from '../config.ts';
import { withEventLog } from '../open-event-log.ts';
import { describeReplay, exitCodeOf } from '../replays/describe.ts';
import { followReplay, isDashboardAlive } from '../replays/follow.ts';
import { searchProblem } from '../search-query.ts';
import type { Terminal } from '../terminal.ts';
import { untilStopped } from '../until-stopped.ts';

const MOST_RATE = 5_000;

export interface ReplayCall extends Pick<ReplayAsked, 'handlers' | 'canary' | 'rate' | 'reason'> {
  readonly what: ReplayAsked['what'];
  readonly isDryRun: boolean;
  /** Whether a person is to be asked before events are replayed by a query. */
  readonly asksFirst: boolean;
  readonly isDetached: boolean;
  readonly json: boolean;
}

/** @param query of `--query`, as it was typed and as it was read @throws UsageError */
export function replayCallOf(
  ids: readonly string[],
  query: { readonly text: string; readonly query: SearchQuery } | undefined,
  options: Call['options'],
  { canAsk }: Pick<Terminal, 'canAsk'>,
): ReplayCall {
  if ((ids.length === 0) === (query === undefined))
    throw new UsageError(
      query === undefined
        ? "name the events: 'events replay <id…>', or all that fit: --query 'status:dead source:stripe'"
        : "name events by their ids or by --query, not both: --query '…' alone replays all that fit",
    );
  const isDryRun = options['dryRun'] === true;
  const isSure = options['yes'] === true;
  const asksFirst = query !== undefined && !isDryRun && !isSure;
  if (asksFirst && !canAsk)
    throw new UsageError(
      'nobody is here to be asked: add --yes to replay all that fit, or --dry-run to count them',
    );
  const { handler, reason } = options;
  return {
    what: query === undefined ? { kind: 'ids', ids } : { kind: 'query', ...query },
    handlers: handler === undefined ? undefined : namesIn(String(handler)),
    canary: options['canary'] === true,
    rate: rateOption(options['rate']),
    reason: reasonOption(reason),
    isDryRun,
    asksFirst,
    isDetached: options['detach'] === true,
    json: options['json'] === true,
  };
}

function namesIn(list: string): readonly string[] {
  const names = list.split(',').flatMap((name) => name.trim() || []);
  if (names.length === 0)
    throw new UsageError('--handler names none: write --handler mail or --handler mail,crm');
  return names;
}

function rateOption(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  const rate = Number(value);
  if (Number.isInteger(rate) && rate >= 1 && rate <= MOST_RATE) return rate;
  throw new UsageError(
    `--rate is ${String(value)}: use a whole number of events a second, 1 to ${MOST_RATE}`,
  );
}

/** `events replay`. */
export function replayEvents(config: CliConfig, call: ReplayCall, terminal: Terminal): Promise<number> {
  const { write, note } = terminal;
  return withEventLog(config, async (log) => {
    const problem = call.what.kind === 'query' ? await searchProblem(log, call.what.query) : undefined;
    if (problem !== undefined) throw new Error(problem);
    if (call.asksFirst && !(await isWanted(log, call, terminal))) {
      write('nothing was replayed');
      return 1;
    }
    const begun = await ask(log, call, call.isDryRun);
    switch (begun.kind) {
      case 'unknown':
        note(
          `no event has the id ${begun.ids.join(', ')}: nothing was replayed ('events list' shows the newest)`,
        );
        return 1;
      case 'too-many':
        note(`more than ${begun.most} events fit: ask in parts, by from: and until: in the query`);
        return 1;
      case 'counted':
        write(
          call.json
            ? JSON.stringify({ id: null, total: begun.total })
            : `${countOf(begun.total)} would be replayed`,
        );
        return begun.total === 0 ? 1 : 0;
      case 'begun':
        return goOn(log, begun, call, config, terminal);
    }
  });
}

function ask(log: EventLog, call: ReplayCall, isDryRun: boolean): Promise<ReplayBegun> {
  const { what, handlers, canary, rate, reason } = call;
  return askReplay(log, { what, handlers, canary, rate, reason, by: actor() }, isDryRun, Date.now());
}

/** Asks a person. */
async function isWanted(log: EventLog, call: ReplayCall, { stdin, stdout }: Terminal): Promise<boolean> {
  const counted = await ask(log, call, true);
  // What cannot be counted is refused all the same, with its reason.
  if (counted.kind !== 'counted') return true;
  const asking = createInterface({ input: stdin, output: stdout });
  const never = new AbortController();
  asking.once('close', () => never.abort());
  try {
    const answer = await asking.question(`Replay ${countOf(counted.total)}? [y/N] `, {
      signal: never.signal,
    });
    return /^y(es)?$/i.test(answer.trim());
  } catch {
    return false;
  } finally {
    asking.close();
  }
}

async function goOn(
  log: EventLog,
  { id, total }: Extract<ReplayBegun, { kind: 'begun' }>,
  { isDetached, json }: ReplayCall,
  { retention }: CliConfig,
  terminal: Terminal,
): Promise<number> {
  const { write, note } = terminal;
  if (!json) write(`replay ${id} of ${countOf(total)} has begun`);
  if (isDetached) {
    if (json) write(JSON.stringify({ id, total }));
    if (!(await isDashboardAlive(log)))
      note(`no dashboard runs, which carries replays out: it waits until one does ('npm run dashboard')`);
    return 0;
  }
  const followed = await followReplay(log, id, { isQuiet: json, retention }, terminal, untilStopped());
  if (followed === undefined)
    throw new Error(`the replay ${id} is gone: 'replays list' shows those there are`);
  const { replay, isOver, isHere } = followed;
  if (json) write(JSON.stringify(replay));
  else if (isOver) write(describeReplay(replay));
  if (isOver) return exitCodeOf(replay);
  note(
    isHere
      ? `it rests at ${replay.position} of ${replay.total} events until a dashboard runs; 'replays stop ${id}' ends it`
      : `it goes on without you: 'replays show ${id}' shows how far, 'replays stop ${id}' ends it`,
  );
  return isHere ? 1 : 0;
}

function countOf(events: number): string {
  return events === 1 ? '1 event' : `${events} events`;
}
