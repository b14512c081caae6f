import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** A run takes 20 s here when nothing else does, and it waits for locks that take theirs. */
const PATIENCE_MS = 150_000;

/** Runs the command as `npm run faults` does. */
async function faults(...args: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'faults-'));
  const child = spawn(process.execPath, [MAIN, '--folder', folder, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text: Buffer) => (said += text.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, said, folder };
}

describe('npm run faults', () => {
  it(
    'runs a case, prints its ledger, keeps the result',
    async () => {
      const { code, said, folder } = await faults('--case', 'spool-killed', '--events', '800', '--smoke');
      try {
        expect(said).toMatch(/spool-killed +│ 1 +│ 800 .*│ 8 +│ 0 +│ 0 +│ 0 +│.*holds/);
        expect(code).toBe(0);
        const [own = ''] = readdirSync(folder);
        const [entry] = JSON.parse(readFileSync(join(folder, own, 'result.json'), 'utf8')) as unknown[];
        expect(entry).toMatchObject({ name: 'spool-killed', seed: 1, result: { verdict: { holds: true } } });
        const into = join(folder, own, 'result.json');
        const again = await faults('--case', 'spool-killed', '--into', into);
        expect([again.code, again.said]).toEqual([0, expect.not.stringContaining('[1/')]);
        expect(again.said).toMatch(/spool-killed +│ 1 +│ 800 .*holds/);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
    PATIENCE_MS,
  );

  it(
    'turns red when the product answers before it has accepted',
    async () => {
      const { code, said } = await faults('--mutations', '--case', 'answer-before-accept', '--events', '800');
      expect(said).toMatch(/lost \(.*\): [1-9]/);
      expect(said).toContain('1 of 1 mutations were caught');
      expect(code).toBe(0);
    },
    PATIENCE_MS,
  );

  it(
    'turns red when events leave Redis before they are recorded',
    async () => {
      const { code, said } = await faults(
        '--mutations',
        '--case',
        'evict-before-recorded',
        '--events',
        '1000',
      );
      expect(said).toMatch(/history \(.*\): [1-9]/);
      expect(said).toContain('1 of 1 mutations were caught');
      expect(code).toBe(0);
    },
    PATIENCE_MS,
  );

  it.each([
    [
      ['--mutations', '--case', 'nothing'],
      /no mutation is named 'nothing'; there are: answer-before-accept, /,
    ],
    [
      ['--case', 'network', '--setup', 'nothing'],
      /no set-up is named 'nothing'; there are: single, partitions, urls, cluster, sentinel/,
    ],
    [['--tell', '/nowhere/result.json'], /--tell: there is no \/nowhere\/result.json/],
    [['--case', 'network', '--seed', 'x'], /--seed: 'x' is no whole number above 0/],
    [['--case', 'network', '--events', '0'], /--events: '0' is no whole number above 0/],
  ])('refuses %j', async (args, why) => {
    const { code, said } = await faults(...args);
    expect([code, said]).toEqual([1, expect.stringMatching(why)]);
  });

  it('says why a case means nothing on a set-up', async () => {
    const { code, said } = await faults('--case', 'slot-moved', '--setup', 'sentinel');
    expect([code, said]).toEqual([
      0,
      expect.stringContaining('it means nothing on sentinel: only a Cluster has slots'),
    ]);
  });

  it('lists the cases when there is none of that name', async () => {
    const { code, said } = await faults('--case', 'nothing');
    expect(code).toBe(1);
    expect(said).toMatch(/no case is named 'nothing'; there are:\n(.*\n)* {2}redis-killed: /);
  });
});
