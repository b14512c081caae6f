import { explain } from '@hookline/core';
import { ConfigError, readEnvironment, unknownSettings, type Environment } from '@hookline/process';
import { cac, type CAC } from 'cac';
import { allCommands } from './all-commands.ts';
import { UsageError, type Call, type Command } from './command.ts';
import { readCliConfig } from './config.ts';
import { STDIN } from './jobs/actions.ts';
import { joinNegative } from './send/options.ts';
import type { Terminal } from './terminal.ts';

export interface World {
  readonly env: Environment;
  readonly terminal: Terminal;
}

/** A list of everything that is wrong with a file is long. */
const LONGEST_TEXT = 100_000;

/**
 * Runs the command that was typed, and says on the terminal why it could not.
 * @param argv as a process has it: what was typed begins with the third
 * @returns the exit code: 0 done or found, 1 failed or not found, 2 called wrongly
 */
export async function runCli(argv: readonly string[], world: World): Promise<number> {
  const cli = cac('hookline');
  for (const command of await commandsFor(argv[2])) register(cli, command, world);
  cli.help();
  try {
    // cac takes a lone `-` for an option without a name, and drops it.
    cli.parse(
      joinNegative(argv).map((arg) => (arg === '-' ? STDIN : arg)),
      { run: false },
    );
    if (cli.matchedCommand === undefined && !cli.options['help']) {
      const [word] = argv.slice(2).filter((arg) => arg !== '--');
      if (word?.startsWith('-')) throw new UsageError(`unknown option ${word}; 'hookline --help' lists all`);
      if (word !== undefined)
        throw new UsageError(`'${word}' is no command; 'hookline --help' lists those there are`);
      cli.outputHelp();
    }
    return ((await cli.runMatchedCommand()) as number | undefined) ?? 0;
  } catch (error) {
    return failed(error, cli, world);
  }
}

/** The command that is asked for; all of them where it is none. The others' modules take a third of a second to load. */
async function commandsFor(word: string | undefined): Promise<readonly Command[]> {
  const asked = Object.entries(allCommands).find(([name]) => name === word);
  if (asked !== undefined) return [await asked[1]()];
  const commands: Command[] = [];
  for (const load of Object.values(allCommands)) commands.push(await load());
  return commands;
}

function register(cli: CAC, command: Command, { env, terminal }: World): void {
  const known = cli.command(`${command.name} ${command.usage}`.trim(), command.says);
  for (const option of command.options)
    known.option(option.flag, option.says, option.default === undefined ? {} : { default: option.default });
  known.action((...given: unknown[]) => {
    const options = given.pop() as Call['options'];
    refuseRepeated(options);
    return command.run({
      // What may be there many times comes as a list.
      args: given.flat() as Call['args'],
      options,
      typed: cli.rawArgs.slice(3),
      env,
      config: () => {
        const settings = readEnvironment(env);
        for (const warning of unknownSettings(settings)) terminal.note(`hookline: ${warning}`);
        return readCliConfig(settings, terminal.note);
      },
      terminal,
    });
  });
}

/** An option given twice would be a list, which no command takes. @throws UsageError */
function refuseRepeated(options: Call['options']): void {
  for (const [name, value] of Object.entries(options))
    if (Array.isArray(value) && name !== '--') throw new UsageError(`--${name} is there twice: give it once`);
}

function failed(error: unknown, cli: CAC, { env, terminal }: World): number {
  const isExpected = error instanceof ConfigError || isWrongUse(error);
  terminal.note(`hookline: ${explain(error, LONGEST_TEXT)}${wayOut(error, cli)}`);
  if (!isExpected && env['LOG_LEVEL'] === 'debug' && error instanceof Error)
    terminal.note(String(error.stack));
  return isWrongUse(error) ? 2 : 1;
}

/** cac says what is wrong, and not what would be right. */
function wayOut(error: unknown, cli: CAC): string {
  if (!isCacError(error)) return '';
  const { name = '' } = cli.matchedCommand ?? {};
  return `; '${`hookline ${name}`.trim()} --help' shows what it takes`;
}

function isCacError(error: unknown): boolean {
  return error instanceof Error && error.name === 'CACError';
}

/** A command that there is not, or not like this: to be typed otherwise, not to be tried again. */
function isWrongUse(error: unknown): boolean {
  return error instanceof UsageError || isCacError(error);
}
