import { providers, sharesSecret } from '@hookline/providers';
import { cac } from 'cac';
import { fileURLToPath } from 'node:url';
import Table from 'cli-table3';
import { faults, type FaultsOptions } from './faults/command.ts';
import { measureVerify, type TimingResult } from './verify-time.ts';

/** Above it two means are taken to differ: the bound that dudect uses. */
const T_BOUND = 4.5;

const cli = cac('npm run bench --');

cli
  .command('verify-time', 'Whether refusing takes longer the later a wrong signature differs')
  .option('--rounds <n>', 'Measurements for each provider', { default: 200_000 })
  .option('--providers <names>', 'Comma-separated', {
    default: 'stripe,github,shopify,slack,gitlab,zendesk,hubspot,paddle',
  })
  .action(({ rounds, providers: names }: { rounds: number; providers: string }) => {
    const results = names.split(',').map((name): TimingResult => {
      const provider = providers.get(name);
      if (provider === undefined)
        throw new Error(`no provider is named '${name}'; choose of ${[...providers.keys()].join(', ')}`);
      // Who verifies with a public key compares nothing that is secret, and may stop as soon as it likes.
      if (!sharesSecret(name))
        throw new Error(`${name} is verified with a public key: there is no secret to measure`);
      process.stderr.write(`${name}: ${rounds} rounds …\n`);
      return measureVerify(provider, rounds, Date.now(), Math.random);
    });
    const table = new Table({
      head: ['provider', 'rounds', 'differs early', 'differs late', 't', ''],
      style: { head: [], border: [] },
    });
    for (const { provider, rounds: count, early, late, t } of results) {
      const means = [early, late].map((mean) => `${mean.toFixed(0)} ns`);
      table.push([provider, count, ...means, t.toFixed(2), Math.abs(t) < T_BOUND ? 'same' : 'DIFFERS']);
    }
    process.stdout.write(`${table.toString()}\n`);
    process.exitCode = results.every(({ t }) => Math.abs(t) < T_BOUND) ? 0 : 1;
  });

cli
  .command('faults', 'Break everything that can break, and count what is lost')
  .option('--case <names>', 'Only these, comma-separated')
  .option('--seed <n>', 'The first seed', { default: 1 })
  .option('--seeds <n>', 'Runs of each case: 3, or 1 with --case or --smoke')
  .option('--events <n>', "Events of each run, instead of the case's own number")
  .option('--smoke', 'The small set that every change has to pass')
  .option('--mutations', 'Break the code on purpose, and see that it is noticed')
  .option('--power-loss', 'See what each ACK loses when the power goes (needs root and Linux)')
  .option('--folder <path>', 'Where logs and the result go', { default: '.hookline/faults' })
  .action(async (options: FaultsOptions) => {
    process.exitCode = await faults(options, {
      root: fileURLToPath(new URL('../../../', import.meta.url)),
      env: process.env,
      write: (text) => process.stdout.write(text),
    });
  });

cli.help();
try {
  cli.parse(process.argv, { run: false });
  if (cli.matchedCommand === undefined && !cli.options['help']) cli.outputHelp();
  await cli.runMatchedCommand();
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
