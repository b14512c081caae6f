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
    let onAgain = (): void => process.exit(1);
    const asked = stopAsked(env['npm_lifecycle_event'] !== undefined, () => onAgain());
    const system = startSystem({ config: readStartConfig(env), processEnv: env, providers, write });
    onAgain = () => {
      write('hookline: ending at once; what was under way is taken up again at the next start');
      system.kill();
      process.exit(1);
    };
    // A failed start ends the command with its error; being stopped while it starts is none.
    const cause = await Promise.race([asked, system.started.then(() => asked)]);
    write(`hookline: stopping (${cause}); Ctrl-C once more ends it at once`);
    await system.stop();
    write('hookline: stopped');
    process.exit(0);
  },
} satisfies Command;

/** Two signals of one Ctrl-C: the terminal's, and npm's, which passes its own on. */
const SAME_PRESS_MS = 500;

/**
 * @param onAgain told of each signal after the first
 * @returns what asked for the end: a signal, or that the npm which started us is gone
 */
function stopAsked(byNpm: boolean, onAgain: () => void): Promise<string> {
  return new Promise((resolve) => {
    let first: number | undefined;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => {
        first ??= Date.now();
        if (Date.now() - first > SAME_PRESS_MS) onAgain();
        resolve(signal);
      });
    // `npm start` ended by force, or by a signal that its shell did not pass on: its end is ours too.
    const parent = process.ppid;
    if (byNpm) setInterval(() => process.ppid !== parent && resolve('npm is gone'), 1_000).unref();
  });
}
