import { cac } from 'cac';
import { fileURLToPath } from 'node:url';
import { faults, type FaultsOptions } from './run/command.ts';

const cli = cac('npm run faults --');

cli
  .command('', 'Break everything that can break, and count what is lost')
  .option('--case <names>', 'Only these, comma-separated')
  .option('--setup <names>', 'On what Redis: single, partitions, urls, cluster, sentinel, comma-separated', {
    default: 'single',
  })
  .option('--seed <n>', 'The first seed', { default: 1 })
  .option('--seeds <n>', 'Runs of each case: 3, or 1 with --case or --smoke')
  .option('--events <n>', "Events of each run, instead of the case's own number")
  .option('--smoke', 'The small set that every change has to pass')
  .option('--mutations', 'Break the code on purpose, and see that it is noticed')
  .option('--power-loss', 'See what each ACK loses when the power goes (needs root and Linux)')
  .option('--into <file>', 'Go on with a result: what holds in it is not run again')
  .option(
    '--tell <files>',
    'Run nothing: put these results together, comma-separated, and print them as the page has them',
  )
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
  await cli.runMatchedCommand();
} catch (error) {
  process.stderr.write(`faults: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
