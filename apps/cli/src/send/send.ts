import { explain } from '@hookline/core';
import { readSavedSample } from '@hookline/operations';
import { providers } from '@hookline/providers';
import { readFileSync } from 'node:fs';
import { UsageError } from '../command.ts';
import type { Terminal } from '../terminal.ts';
import type { CliConfig } from '../config.ts';
import { listOf } from './list.ts';
import { sendMany } from './many.ts';
import { sendOne } from './one.ts';
import { readSendOptions, type SendOptions } from './options.ts';
import { createPreparer } from './prepare.ts';
import { findProvider, findTarget } from './target.ts';

/**
 * `send <provider> [type]`: signs samples, posts them and says what the answers mean.
 * @param args what stands behind `send`
 * @returns the exit code: 0 when every answer is the one that was to be expected
 * @throws UsageError when it was asked for what there is not
 */
export async function sendCommand(
  args: readonly string[],
  readConfig: () => CliConfig,
  { write, note }: Pick<Terminal, 'write' | 'note'>,
): Promise<number> {
  const options = readSendOptions(args);
  const { list, count } = options;
  const saved = options.sample === undefined ? undefined : readSample(options.sample, options);
  const provider = saved?.provider ?? options.provider;
  if (list) {
    const listed = provider === undefined ? [...providers.values()] : [findProvider(provider, undefined)];
    for (const line of listOf(listed)) write(line);
    return 0;
  }
  if (provider === undefined)
    throw new UsageError("name the provider: 'send <provider> [type]'; 'send --list' shows them");
  const target = findTarget(provider, options, readConfig);
  for (const line of target.notes) write(line);
  const prepare = createPreparer(
    target,
    saved === undefined ? options : { ...options, type: saved.type },
    saved,
  );
  return count > 1
    ? sendMany(target, options, prepare, { write, note })
    : sendOne(target, options, prepare(0), write);
}

/** @throws UsageError for another provider or type than the file's own; Error when it is no such file */
function readSample(file: string, { provider, type }: Pick<SendOptions, 'provider' | 'type'>) {
  const saved = readSavedSample(textOf(file));
  if (saved === undefined)
    throw new Error(`--sample ${file} is no saved sample: write one with 'events sample <id> > ${file}'`);
  if ((provider ?? saved.provider) !== saved.provider || (type ?? saved.type) !== saved.type)
    throw new UsageError(`${file} holds ${saved.type} of ${saved.provider}: leave the provider and type out`);
  return saved;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`--sample cannot be read: ${explain(error)}`, { cause: error });
  }
}
