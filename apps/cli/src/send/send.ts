import { providers } from '@hookline/providers';
import { UsageError } from '../command.ts';
import type { Terminal } from '../terminal.ts';
import type { CliConfig } from '../config.ts';
import { listOf } from './list.ts';
import { sendMany } from './many.ts';
import { sendOne } from './one.ts';
import { readSendOptions } from './options.ts';
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
  const { provider, list, count } = options;
  if (list) {
    const listed = provider === undefined ? [...providers.values()] : [findProvider(provider, undefined)];
    for (const line of listOf(listed)) write(line);
    return 0;
  }
  if (provider === undefined)
    throw new UsageError("name the provider: 'send <provider> [type]'; 'send --list' shows them");
  const target = findTarget(provider, options, readConfig);
  for (const line of target.notes) write(line);
  const prepare = createPreparer(target, options);
  return count > 1
    ? sendMany(target, options, prepare, { write, note })
    : sendOne(target, options, prepare(0), write);
}
