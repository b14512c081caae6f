import { expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Report } from '../src/report/report.ts';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

async function bench(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, out, err };
}

it('measures everybody, and says how it ended', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'hookline-bench-test-')), 'figures.json');
  const { code, out, err } = await bench('--smoke', '--only', 'ack', '--json', file);
  expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining('round 1, hookline') });
  const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
  const [result] = report.results;
  expect(result?.rows.map(({ name, problems }) => [name, problems])).toEqual([
    ['floor', []],
    ['hand-written', []],
    ['hookline', []],
  ]);
  const figure = (name: string, row: number) => result?.rows[row]?.figures[name]?.median ?? Number.NaN;
  // The floor is one HSET; what others do is counted by what they write, and by what their scripts do besides.
  expect([Math.round(figure('commands', 0)), Math.round(figure('calls', 0))]).toEqual([1, 1]);
  expect(Math.round(figure('roundTrips', 1))).toBe(2);
  for (const row of [0, 1, 2]) {
    for (const name of ['acks', 'p50', 'p99', 'nodeMicros', 'redisMicros', 'bytes', 'commands'])
      expect(figure(name, row)).toBeGreaterThan(0);
    expect(figure('bytes', row)).toBeGreaterThan(1_024);
  }
  expect(report.machine.node).toBe(process.versions.node);
  expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
}, 90_000);

it('names the scenarios when it is asked for one that is not there', async () => {
  for (const args of [['--only', 'acks'], ['acks']]) {
    const { code, err } = await bench(...args);
    expect(code).toBe(1);
    expect(err).toContain("no scenario is named 'acks'; there are:\n  ack:");
  }
});
