import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const page = readFileSync(`${ROOT}packages/testing/BEHAVIOURS.md`, 'utf8');

/** The rows of its tables: behaviour, where it lives, which test holds it. */
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (behaviour |-)/.test(line))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

describe('the mapping of earlier systems', () => {
  it('has a table for each system, and no empty cell', () => {
    expect(page.match(/^## \d{3}/gm)).toEqual(['## 000', '## 004', '## 002', '## 003']);
    expect(rows.length).toBeGreaterThan(70);
    for (const row of rows) expect(row).toEqual(Array.from({ length: 3 }, () => expect.stringMatching(/\S/)));
  });

  it.each(rows)('%s: %s: is held by a test that is there', (_behaviour, _here, held) => {
    const [, file = '', name = ''] = /^`([^`]+)`: (.+)$/.exec(held ?? '') ?? [];
    expect(existsSync(ROOT + file)).toBe(true);
    expect(readFileSync(ROOT + file, 'utf8')).toContain(name);
  });
});
