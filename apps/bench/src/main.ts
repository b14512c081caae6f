import { providers, sharesSecret } from '@hookline/providers';
import { cac } from 'cac';
import Table from 'cli-table3';
import { fileURLToPath } from 'node:url';
import { compare, type CompareOptions } from './compare.ts';
import { measureHostile, type HostileResult } from './hostile.ts';
import { measureVerify, type TimingResult } from './verify-time.ts';

/** Above it two means are taken to differ: the bound that dudect uses. */
const T_BOUND = 4.5;

/** What one request of a stranger's may cost everybody else. */
const MOST_MS = 50;

const cli = cac('npm run bench --');

cli
  .command('[...scenarios]', 'The product beside others: what it takes to acknowledge and to handle an event')
  .option('--only <scenarios>', 'Only these, comma-separated')
  .option('--rounds <n>', 'How often everybody is measured', { default: 5 })
  .option('--seconds <n>', 'How long each time', { default: 2 })
  .option('--history-rows <n>', 'How long the history of its scenario is', { default: 1_000_000 })
  .option('--json <file>', 'Write all figures to this file')
  .option('--docs [file]', 'Write docs/performance.md, from this run or from the figures in a file')
  .option('--smoke', 'Tiny: whether it runs, not how fast')
  .action(async (scenarios: readonly string[], options: CompareOptions) => {
    const named = scenarios.length > 0 ? { only: scenarios.join(',') } : {};
    process.exitCode = await compare(
      { ...options, ...named },
      {
        root: fileURLToPath(new URL('../../../', import.meta.url)),
        env: process.env,
        say: (line) => void process.stderr.write(`${line}\n`),
        write: (text) => void process.stdout.write(text),
      },
    );
  });

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
  .command('hostile', "How long bodies of strangers hold the event loop: each provider's dearest")
  .option('--providers <names>', 'Comma-separated; all unless given')
  .action(({ providers: names }: { providers?: string }) => {
    const chosen = names === undefined ? [...providers.keys()] : names.split(',');
    const results = chosen.map((name): HostileResult => {
      const provider = providers.get(name);
      if (provider === undefined)
        throw new Error(`no provider is named '${name}'; choose of ${[...providers.keys()].join(', ')}`);
      process.stderr.write(`${name} …\n`);
      return measureHostile(provider, provider.bodyLimit, Date.now());
    });
    const table = new Table({
      head: ['provider', 'dearest body', 'KiB', 'ms', ''],
      style: { head: [], border: [] },
    });
    for (const { provider, body, bytes, ms } of results.toSorted((a, b) => b.ms - a.ms))
      table.push([provider, body, Math.round(bytes / 1024), ms.toFixed(1), ms <= MOST_MS ? '' : 'TOO LONG']);
    process.stdout.write(`${table.toString()}\n`);
    process.exitCode = results.every(({ ms }) => ms <= MOST_MS) ? 0 : 1;
  });

cli.help();
try {
  cli.parse(process.argv, { run: false });
  await cli.runMatchedCommand();
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
