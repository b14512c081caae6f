import type { Environment } from '@hookline/process';
import type { CliConfig } from './config.ts';
import type { Terminal } from './terminal.ts';

/** One command of `hookline`: a file in `commands/`, for its default export. */
export interface Command {
  readonly name: string;
  /** What stands behind the name, as in `[provider] [type]`. */
  readonly usage: string;
  /** One line for `--help`. */
  readonly says: string;
  readonly options: readonly Option[];
  /** @returns the exit code: 0 done or found, 1 failed or not found @throws UsageError when it was called wrongly, which is 2 @throws Error whose message says what to do next */
  run(call: Call): Promise<number>;
}

export interface Option {
  /** As in `--count <n>`. */
  readonly flag: string;
  readonly says: string;
  readonly default?: number;
}

/** How a command was called. */
export interface Call {
  /** What stands behind the command's name; `undefined` where an optional one was left out. */
  readonly args: readonly (string | undefined)[];
  readonly options: Readonly<Record<string, unknown>>;
  /** Everything behind the command's name as it was typed. */
  readonly typed: readonly string[];
  /** The process's own environment. */
  readonly env: Environment;
  /** Reads the settings. @throws ConfigError that names every bad key */
  config(): CliConfig;
  readonly terminal: Terminal;
}

/** A command was called in a way that cannot work, whatever is running. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What stands behind an action, as in `show <id>`. @throws UsageError with `message` where it was left out */
export function required(target: string | undefined, message: string): string {
  if (target === undefined || target === '') throw new UsageError(message);
  return target;
}

/** For an action that takes nothing: a word behind it is somebody's mistake. @throws UsageError */
export function nothingMore(target: string | undefined, command: string, instead: string): void {
  if (target !== undefined)
    throw new UsageError(`'${command}' takes no '${target}': use '${instead} ${target}', or leave it out`);
}

/** `--count`, within bounds. @throws UsageError */
export function countOption(value: unknown, most = 10_000): number {
  const count = Number(value);
  if (Number.isInteger(count) && count >= 1 && count <= most) return count;
  throw new UsageError(`--count is ${String(value)}: use a whole number from 1 to ${most}`);
}

const LONGEST_REASON = 500;

/** `--reason`, as the audit takes it. @throws UsageError */
export function reasonOption(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const reason = String(value).trim();
  if (reason.length > LONGEST_REASON)
    throw new UsageError(`--reason is longer than ${LONGEST_REASON} characters: say it shorter`);
  return reason === '' ? undefined : reason;
}
