import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { allCommands } from '../src/all-commands.ts';

const DIST = new URL('../dist/', import.meta.url).href;
const MARK = '=== help of ';

/** What `--help` says of each, and of all: in one process, which is what takes the time. */
const HELP: ReadonlyMap<string, readonly string[]> = (() => {
  const names = ['', ...Object.keys(allCommands)];
  const script = `
    const { runCli } = await import('${DIST}run.js');
    const { createTerminal } = await import('${DIST}terminal.js');
    for (const name of ${JSON.stringify(names)}) {
      console.log('${MARK}' + name);
      await runCli(['node', 'hookline', ...(name === '' ? [] : [name]), '--help'], { env: {}, terminal: createTerminal(process) });
    }`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  const parts = stdout.split(MARK).slice(1);
  return new Map(parts.map((part) => [part.split('\n')[0] ?? '', part.split('\n').slice(1)]));
})();

const helpOf = (name: string): readonly string[] => HELP.get(name) ?? [];

describe('hookline --help', () => {
  it('names every command', async () => {
    const text = helpOf('').join('\n');
    for (const [file, load] of Object.entries(allCommands)) {
      const { name, says } = await load();
      expect(name).toBe(file);
      expect(text).toMatch(new RegExp(`^  ${name} .*${says}$`, 'm'));
    }
  });

  it.each(['', ...Object.keys(allCommands)])('fits 80 columns: %s', (name) => {
    const lines = helpOf(name);
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.filter((line) => line.trimEnd().length > 80)).toEqual([]);
  });
});
