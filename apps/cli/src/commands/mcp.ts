import type { Command } from '../command.ts';
import { withEventLog } from '../open-event-log.ts';
import { untilStopped } from '../until-stopped.ts';

/** Nothing but the protocol goes to standard output. */
export default {
  name: 'mcp',
  usage: '',
  says: 'An MCP server on stdin and stdout, for assistants',
  options: [
    { flag: '--allow-payloads', says: 'Show payloads and headers, too' },
    { flag: '--allow-actions', says: 'Let it replay events, pause and resume queues' },
  ],
  async run({ options, config: readConfig }) {
    const config = readConfig();
    return withEventLog(config, async (log) => {
      // Only now: no other command needs the protocol.
      const { serveMcp } = await import('../mcp/serve.ts');
      const allowsPayloads = options['allowPayloads'] === true;
      const allowsActions = options['allowActions'] === true;
      await serveMcp(config, log, { allowsPayloads, allowsActions }, untilStopped());
      return 0;
    });
  },
} satisfies Command;
