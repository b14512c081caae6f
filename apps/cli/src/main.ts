import { explain } from '@hookline/core';
import { ConfigError, readEnvironment } from '@hookline/process';
import { cac } from 'cac';
import { allCommands } from './all-commands.ts';
import type { Call, Command } from './command.ts';
import { readCliConfig } from './config.ts';
import { STDIN } from './jobs/actions.ts';
import { joinNegative } from './send/options.ts';

/** A list of everything that is wrong with a file is long. */
const LONGEST_TEXT = 100_000;

const cli = cac('hookline');
for (const command of allCommands as readonly Command[]) {
  const known = cli.command(`${command.name} ${command.usage}`.trim(), command.says);
  for (const option of command.options)
    known.option(option.flag, option.says, option.default === undefined ? {} : { default: option.default });
  known.action((...given: unknown[]) => {
    const options = given.pop() as Call['options'];
    return command.run({
      args: given as Call['args'],
      options,
      typed: cli.rawArgs.slice(3),
      env: process.env,
      config: () => readCliConfig(readEnvironment(process.env)),
      terminal: {
        write: (line) => void process.stdout.write(`${line}\n`),
        note: (line) => void process.stderr.write(`${line}\n`),
        stdin: process.stdin,
        stdout: process.stdout,
      },
    });
  });
}
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
  const text = explain(error, LONGEST_TEXT);
  process.stderr.write(`hookline: ${text}\n`);
  if (!isExpected && process.env['LOG_LEVEL'] === 'debug' && error instanceof Error)
    process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
}
