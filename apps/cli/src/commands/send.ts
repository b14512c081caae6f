import type { Command } from '../command.ts';
import { sendCommand } from '../send/send.ts';

export default {
  name: 'send',
  usage: '[provider] [type]',
  says: 'Sign a sample event, post it and follow it',
  options: [
    { flag: '--list', says: 'Show the providers and the types of their samples' },
    { flag: '--source <name>', says: "The source to send to; the provider's name unless given" },
    { flag: '--to <url>', says: 'A receiver or an endpoint; the running one unless given' },
    { flag: '--secret <secret>', says: 'Of an endpoint that is not configured here' },
    { flag: '--data <file|json>', says: "Exactly this in place of the sample's body" },
    { flag: '--sample <file>', says: "What 'events sample' saved, in place of both" },
    { flag: '--count <n>', says: 'Many events, each its own, and a summary of the answers' },
    { flag: '--rate <n>', says: 'So many a second' },
    { flag: '--duplicate', says: 'Each twice' },
    { flag: '--reorder', says: 'The last one first' },
    { flag: '--late <duration>', says: 'Signed that long ago, like 400s; or -400s: ahead of time' },
    { flag: '--tamper', says: 'One byte changed after signing' },
    { flag: '--wrong-secret', says: 'Signed with another secret' },
  ],
  run: ({ typed, config, terminal }) => sendCommand(typed, config, terminal),
} satisfies Command;
