import { ISSUE_STATES, type Issue, type IssueState } from '@hookline/core';
import { discardIssue, replayIssue } from '@hookline/operations';
import { noteAct, openDeadLetters } from '@hookline/redis';
import { actor } from '../actor.ts';
import { countOption, nothingMore, reasonOption, required, UsageError, type Command } from '../command.ts';
import type { CliConfig } from '../config.ts';
import { rows, timeOf, wrapped } from '../rows.ts';
import type { Write } from '../terminal.ts';
import { withHistory } from '../with-history.ts';

const STATES = {
  acknowledge: 'acknowledged',
  resolve: 'resolved',
  ignore: 'ignored',
  reopen: 'open',
} as const satisfies Readonly<Record<string, IssueState>>;
type Verb = keyof typeof STATES;

export default {
  name: 'issues',
  usage: '[action] [id]',
  says: 'list · show · acknowledge · resolve · replay …',
  options: [
    { flag: '--state <state>', says: "list: open unless given; 'all' for all" },
    { flag: '--count <n>', says: 'list: how many', default: 20 },
    { flag: '--canary', says: 'replay: 1, then 10, then 100, then all; stops by itself' },
    { flag: '--reason <text>', says: 'Why, for the audit' },
    { flag: '--json', says: 'For programs: one JSON line each' },
  ],
  async run({ args: [action = 'list', fingerprint], options, config, terminal: { write } }) {
    const json = options['json'] === true;
    if (action === 'list') {
      nothingMore(fingerprint, 'issues list', 'issues show');
      const state = stateOption(options['state']);
      const count = countOption(options['count']);
      return list(config(), { state, count, json }, write);
    }
    const isKnown = action === 'show' || action === 'replay' || action === 'discard' || action in STATES;
    if (!isKnown)
      throw new UsageError(
        `'issues ${action}' is no command; use one of: list, show, ${Object.keys(STATES).join(', ')}, replay, discard`,
      );
    const named = required(
      fingerprint,
      `name the issue: 'issues ${action} <fingerprint>'; 'issues list' shows them`,
    );
    const reason = reasonOption(options['reason']);
    return act(config(), { action, named, reason, canary: options['canary'] === true, json }, write);
  },
} satisfies Command;

function stateOption(given: unknown): IssueState | undefined {
  const asked = given === undefined ? 'open' : String(given);
  const state = ISSUE_STATES.find((each) => each === asked);
  if (state === undefined && asked !== 'all')
    throw new UsageError(`--state is ${asked}: use one of ${ISSUE_STATES.join(', ')}, all`);
  return state;
}

function list(
  config: CliConfig,
  {
    state,
    count,
    json,
  }: { readonly state: IssueState | undefined; readonly count: number; readonly json: boolean },
  write: Write,
): Promise<number> {
  return withHistory(config, write, async (history) => {
    const { items } = await history.issues({
      now: Date.now(),
      limit: Math.min(count, 500),
      ...(state === undefined ? {} : { state }),
    });
    if (json) for (const issue of items) write(JSON.stringify(issue));
    else write(items.length === 0 ? 'no issues' : rows(items.map(rowOf)));
    return 0;
  });
}

function rowOf({ fingerprint, handler, error, title, count, lastSeen, state }: Issue) {
  return {
    head: [timeOf(lastSeen), state, `${count} dead`, handler],
    body: [fingerprint, `${error.name}: ${title}`],
  };
}

interface Act {
  readonly action: string;
  readonly named: string;
  readonly reason: string | undefined;
  readonly canary: boolean;
  readonly json: boolean;
}

function act(config: CliConfig, { action, named, reason, canary, json }: Act, write: Write): Promise<number> {
  return withHistory(config, write, async (history, log) => {
    const [now, by] = [Date.now(), actor()];
    const issue = await history.issue(named, now);
    if (issue === undefined) {
      write(json ? 'null' : `no issue has the fingerprint ${named} ('issues list' shows those there are)`);
      return 1;
    }
    const tell = (told: object, text: string) => write(json ? JSON.stringify(told) : text);
    const note = (outcome: string) =>
      noteAct(log.partitions, {
        actor: by,
        action: `issue.${action}`,
        target: named,
        outcome,
        ...(reason === undefined ? {} : { detail: reason }),
      });
    switch (action) {
      case 'show':
        tell(issue, describeIssue(issue));
        return 0;
      case 'replay': {
        const asked = { fingerprint: named, handler: issue.handler, canary, by, reason };
        const begun = await replayIssue(log, history, asked, now);
        tell(
          begun,
          begun.kind === 'begun'
            ? `replays ${begun.total} events: 'replays show ${begun.id}' says how far it is`
            : 'nothing of it is dead any more, or its events are not kept',
        );
        return begun.kind === 'begun' ? 0 : 1;
      }
      case 'discard': {
        const discarded = await discardIssue(openDeadLetters(log.partitions, Date.now, by), history, named);
        await note(`${discarded} discarded`);
        tell({ discarded }, `gave ${discarded} up for good`);
        return 0;
      }
      default: {
        const state = STATES[action as Verb];
        const changed = await history.setIssueState({ fingerprint: named, state, by, at: now });
        await note('done');
        tell(changed ?? issue, `${named} is ${state}`);
        return 0;
      }
    }
  });
}

function describeIssue(issue: Issue): string {
  const { firstSeen, lastSeen, sample, error, stateAt, stateBy } = issue;
  return [
    rows([rowOf(issue)]),
    `  first ${timeOf(firstSeen)}, last ${timeOf(lastSeen)}`,
    `  sample: ${sample}`,
    ...(stateAt === undefined ? [] : [`  state set ${timeOf(stateAt)} by ${stateBy ?? 'somebody'}`]),
    wrapped(error.message, '  '),
  ].join('\n');
}
