import { providers } from '@hookline/providers';
import type { Command } from '../command.ts';
import { readStartConfig } from '../config.ts';
import { startSystem } from '../start.ts';

export default {
  name: 'start',
  usage: '',
  says: 'Start everything on this machine',
  options: [],
  async run({ env, terminal: { write } }) {
    const asked = stopAsked(env['npm_lifecycle_event'] !== undefined);
    const starting = startSystem({ config: readStartConfig(env), processEnv: env, providers, write });
    const cause = await Promise.race([asked, starting.then(() => asked)]);
    write(`hookline: stopping (${cause})`);
    await (await starting).stop();
    write('hookline: stopped');
    process.exit(0);
  },
} satisfies Command;

/** @returns what asked for the end: a signal, or that the npm which started us is gone */
function stopAsked(byNpm: boolean): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(signal));
    // `npm start` ended by force, or by a signal that its shell did not pass on: its end is ours too.
    const parent = process.ppid;
    if (byNpm) setInterval(() => process.ppid !== parent && resolve('npm is gone'), 1_000).unref();
  });
}
