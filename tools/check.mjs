/** `npm run check`: format, lint, types, generated files and the walls of the house. Says everything that is wrong. */
import { spawnSync } from 'node:child_process';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { staleIndexes } from './indexes.mjs';
import { tablePages } from './tables.mjs';
import { crossedWalls } from './walls.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const bin = (name) => join(root, 'node_modules/.bin', name);

const checks = [
  ['format', () => run(bin('oxfmt'), ['--check', '.'], "run 'npm run format'")],
  ['lint', () => run(bin('oxlint'), ['--deny-warnings', '.'])],
  ['types', () => run(bin('tsc'), ['-b', 'tsconfig.json'])],
  ['test types', () => run(bin('tsc'), ['-p', 'tsconfig.test.json'])],
  [
    'generated files',
    () =>
      staleIndexes(root).map(
        ({ file }) => `${relative(root, file)} is stale: any npm script writes it anew; commit it`,
      ),
  ],
  [
    'tables in docs',
    async () =>
      (await tablePages(root))
        .filter(({ isStale }) => isStale)
        .map(({ file }) => `${relative(root, file)} is stale: run any npm script, and commit it`),
  ],
  ['walls', () => crossedWalls(root)],
  ['unused code', () => run(bin('knip'), ['--no-progress'], 'delete it, or name it in knip.json')],
];

let failed = 0;
for (const [name, check] of checks) {
  const problems = await check();
  process.stdout.write(`${problems.length === 0 ? 'ok   ' : 'WRONG'} ${name}\n`);
  for (const problem of problems) process.stdout.write(`      ${problem}\n`);
  failed += problems.length === 0 ? 0 : 1;
}
process.stdout.write(`check: ${checks.length - failed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;

function run(command, args, hint = 'see above') {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  return error || status !== 0 ? [error ? error.message : hint] : [];
}
