import { ConfigError, readEnvironment, type Environment } from '@hookline/process';
import { providers } from '@hookline/providers';
import { cac } from 'cac';
import { readCliConfig, readStartConfig } from './config.ts';
import {
  deadList,
  deadReplay,
  deadReplayAll,
  doctor,
  eventsList,
  eventsShow,
  secretsShow,
} from './commands.ts';
import { jobsCommand, STDIN, type JobsOptions } from './jobs/commands.ts';
import { sendCommand } from './send/command.ts';
import { joinNegative } from './send/options.ts';
import { startSystem } from './start.ts';

const cli = cac('hookline');
const write = (line: string) => void process.stdout.write(`${line}\n`);
const note = (line: string) => void process.stderr.write(`${line}\n`);
const config = () => readCliConfig(readEnvironment(process.env));

cli.command('start', 'Start everything on this machine').action(() => start(process.env));

cli
  .command('send [provider] [type]', 'Sign a sample event, post it and follow it')
  .option('--list', 'Show the providers and the types of their samples, or those of one provider')
  .option('--source <name>', "The source to send to; the provider's name unless given")
  .option('--to <url>', 'A receiver, or the whole address of an endpoint; the running receiver unless given')
  .option('--secret <secret>', 'The signing secret, for an endpoint that is not configured here')
  .option('--data <file|json>', "Exactly this in place of the sample's body")
  .option('--count <n>', 'Many events, each its own, and a summary of the answers')
  .option('--rate <n>', 'So many a second')
  .option('--duplicate', 'Each twice')
  .option('--reorder', 'The last one first')
  .option('--late <duration>', 'Signed as if that long ago, like 400s; -400s is in the future')
  .option('--tamper', 'One byte changed after signing')
  .option('--wrong-secret', 'Signed with another secret')
  .action(() => sendCommand(cli.rawArgs.slice(3), config, { write, note }));

cli
  .command('events [action] [id]', 'events list · events show <id>')
  .option('--status <status>', 'Only events that stand there')
  .option('--count <n>', 'How many', { default: 20 })
  .action((action = 'list', id: string | undefined, options: { status?: string; count: number }) =>
    action === 'show' && id !== undefined
      ? eventsShow(config(), id, write)
      : eventsList(config(), options, write),
  );

cli
  .command('dead [action] [id]', 'dead list · dead show <id> · dead replay <id> · dead replay --all')
  .option('--count <n>', 'How many', { default: 50 })
  .option('--json', 'Everything of each letter, one JSON line each')
  .option('--all', 'replay: every dead letter there is')
  .action(
    (action = 'list', id: string | undefined, options: { count: number; json?: boolean; all?: boolean }) => {
      if (action !== 'replay')
        return deadList(config(), { ...options, ...(id === undefined ? {} : { id }) }, write);
      return options.all === true ? deadReplayAll(config(), write) : deadReplay(config(), id, write);
    },
  );

cli
  .command(
    'jobs [action] [id|file]',
    'jobs list · show <id> · retry <id> · cancel <id> · export [file] · import <file>',
  )
  .option('--status <status>', 'list: only jobs that stand there')
  .option('--name <name>', 'list: only jobs of that name')
  .option('--count <n>', 'list: how many', { default: 20 })
  .action((action = 'list', target: string | undefined, options: JobsOptions) =>
    jobsCommand(config(), action, target, options, {
      write,
      note,
      stdin: process.stdin,
      stdout: process.stdout,
    }),
  );

cli
  .command('secrets <source>', 'Show the secrets that a provider brought itself (Notion, Asana)')
  .action((source: string) => secretsShow(config(), source, write));

cli
  .command('doctor', 'Check this machine and the Redis it would use')
  .action(() => doctor(readEnvironment(process.env), write));

cli.help();
try {
  // cac takes a lone `-` for an option without a name, and drops it.
  cli.parse(
    joinNegative(process.argv).map((arg) => (arg === '-' ? STDIN : arg)),
    { run: false },
  );
  if (cli.matchedCommand === undefined && !cli.options['help']) cli.outputHelp();
  process.exitCode = ((await cli.runMatchedCommand()) as number | undefined) ?? 0;
} catch (error) {
  const isExpected = error instanceof ConfigError || (error instanceof Error && error.name === 'CACError');
  const text = error instanceof Error ? error.message : String(error);
  process.stderr.write(`hookline: ${text}\n`);
  if (!isExpected && process.env['LOG_LEVEL'] === 'debug' && error instanceof Error)
    process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
}

async function start(processEnv: Environment): Promise<void> {
  let stopping = false;
  const asked = new Promise<string>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(signal));
    // `npm start` ended by force, or by a signal that its shell did not pass on: its end is ours too.
    const parent = process.ppid;
    if (processEnv['npm_lifecycle_event'] !== undefined) {
      setInterval(() => process.ppid !== parent && resolve('npm is gone'), 1_000).unref();
    }
  });
  const starting = startSystem({ config: readStartConfig(processEnv), processEnv, providers, write });
  const cause = await Promise.race([asked, starting.then(() => asked)]);
  write(`hookline: stopping (${cause})`);
  if (!stopping) {
    stopping = true;
    await (await starting).stop();
  }
  write('hookline: stopped');
  process.exit(0);
}
