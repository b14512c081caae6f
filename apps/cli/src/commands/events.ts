import { countOption, nothingMore, required, UsageError, type Command } from '../command.ts';
import { writeBody } from '../events/body.ts';
import { filterOf } from '../events/filter.ts';
import { listNewest } from '../events/list.ts';
import { replayCallOf, replayEvents } from '../events/replay.ts';
import { rerun, rerunUnhandled } from '../events/rerun.ts';
import { writeSample } from '../events/sample.ts';
import { searchEvents } from '../events/search.ts';
import { showOne } from '../events/show.ts';
import { tailEvents } from '../events/tail.ts';
import { readSearch } from '../search-query.ts';
import { untilStopped } from '../until-stopped.ts';

const ACTIONS = ['list', 'search', 'show', 'tail', 'body', 'sample', 'replay', 'rerun'] as const;

export default {
  name: 'events',
  usage: '[action] [...what]',
  says: 'list · search · show · tail · body · replay …',
  options: [
    { flag: '--status <status>', says: 'list, tail: only events that stand there' },
    { flag: '--source <source>', says: 'list, tail: only events of that source' },
    { flag: '--type <type>', says: "list, tail: only that type, or 'invoice.*'" },
    { flag: '--count <n>', says: 'list, search: how many', default: 20 },
    { flag: '--query <query>', says: 'replay: all that fit, as search finds them' },
    { flag: '--handler <names>', says: 'replay: only by these, as in mail,crm' },
    { flag: '--canary', says: 'replay: few first; stops when too many fail' },
    { flag: '--rate <n>', says: 'replay: events a second; 50 unless given' },
    { flag: '--reason <text>', says: 'replay: why, for the audit' },
    { flag: '--dry-run', says: 'replay: only count' },
    { flag: '--yes', says: 'replay --query: does not ask first' },
    { flag: '--detach', says: 'replay: does not wait for its end' },
    { flag: '--unhandled', says: 'rerun: all that no handler wanted; --source, --type' },
    { flag: '--json', says: 'For programs: one JSON line each' },
  ],
  async run({ args, options, config, terminal }) {
    const [action = 'list', ...what] = args.map((arg) => arg ?? '');
    const [id, ...more] = what;
    const { write } = terminal;
    const json = options['json'] === true;
    switch (action as (typeof ACTIONS)[number]) {
      case 'list': {
        nothingMore(id, 'events list', 'events show');
        const filter = filterOf(options);
        return listNewest(config(), filter, json, write);
      }
      case 'search': {
        const text = required(
          what.join(' ').trim(),
          "say what for: 'events search status:dead customer=cus_1'",
        );
        const query = await readSearch(text, Date.now());
        const count = countOption(options['count']);
        return searchEvents(config(), query, { count, json }, terminal);
      }
      case 'show': {
        const shown = required(id, "name the event: 'events show <id>'; 'events list' shows the ids");
        nothingMore(more[0], 'events show <id>', 'events show');
        return showOne(config(), shown, json, write);
      }
      case 'tail': {
        nothingMore(id, 'events tail', 'events show');
        const filter = filterOf(options);
        return tailEvents(config(), filter, json, terminal, untilStopped());
      }
      case 'body': {
        const shown = required(id, "name the event: 'events body <id>'; 'events list' shows the ids");
        nothingMore(more[0], 'events body <id>', 'events body');
        return writeBody(config(), shown, terminal);
      }
      case 'sample': {
        const shown = required(id, "name the event: 'events sample <id>'; 'events list' shows the ids");
        nothingMore(more[0], 'events sample <id>', 'events sample');
        return writeSample(config(), shown, terminal);
      }
      case 'replay': {
        const text = options['query'] === undefined ? undefined : String(options['query']);
        const query = text === undefined ? undefined : { text, query: await readSearch(text, Date.now()) };
        const call = replayCallOf(
          what.filter((each) => each !== ''),
          query,
          options,
          terminal,
        );
        return replayEvents(config(), call, terminal);
      }
      case 'rerun': {
        nothingMore(more[0], 'events rerun <id>', 'events rerun');
        if (options['unhandled'] === true) {
          if (id !== undefined) throw new UsageError(`rerun ${id} or --unhandled, not both`);
          const filter = filterOf({ ...options, status: 'unhandled' });
          return rerunUnhandled(config(), filter, write);
        }
        const again = required(
          id,
          "name the event: 'events rerun <id>', or all that no handler wanted: --unhandled",
        );
        return rerun(config(), again, write);
      }
      default:
        throw new UsageError(`'events ${action}' is no command; use one of: ${ACTIONS.join(', ')}`);
    }
  },
} satisfies Command;
