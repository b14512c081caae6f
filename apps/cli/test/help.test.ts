import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { allCommands } from '../src/all-commands.ts';

const CLI = fileURLToPath(new URL('../dist/main.js', import.meta.url));

function helpOf(...args: readonly string[]): readonly string[] {
  const { stdout } = spawnSync(process.execPath, [CLI, ...args, '--help'], { encoding: 'utf8' });
  return stdout.split('\n');
}

describe('hookline --help', () => {
  it('names every command', async () => {
    const text = helpOf().join('\n');
    for (const [file, load] of Object.entries(allCommands)) {
      const { name, says } = await load();
      expect(name).toBe(file);
      expect(text).toMatch(new RegExp(`^  ${name} .*${says}$`, 'm'));
    }
  });

  it.each(['', ...Object.keys(allCommands)])('fits 80 columns: %s', (name) => {
    const lines = helpOf(...(name === '' ? [] : [name]));
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.filter((line) => line.trimEnd().length > 80)).toEqual([]);
  });
});
