import { beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { obtainBrowser } from '../src/browser.ts';

let cache: string;
let bin: string;

beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'hookline-browser-'));
  cache = join(folder, 'cache');
  bin = join(folder, 'bin');
  mkdirSync(bin);
});

function program(file: string): string {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, '#!/bin/sh\n', { mode: 0o755 });
  return file;
}

describe('obtainBrowser', () => {
  it('takes the one on PATH, with the environment it was given', async () => {
    const installed = program(join(bin, 'google-chrome'));
    program(join(cache, 'chromium/usr/lib/chromium/chromium'));
    const browser = await obtainBrowser({
      env: { PATH: `/nowhere:${bin}`, HOME: '/h', EMPTY: undefined },
      cache,
    });
    expect(browser.executablePath).toBe(installed);
    expect(browser.env).toEqual({ PATH: `/nowhere:${bin}`, HOME: '/h' });
  });

  it('takes the one fetched before, with its libraries', async () => {
    const fetched = program(join(cache, 'chromium/usr/lib/chromium/chromium'));
    program(join(cache, 'chromium/usr/lib/x86_64-linux-gnu/libnss3.so'));
    const browser = await obtainBrowser({ env: { PATH: bin }, cache });
    expect(browser.executablePath).toBe(fetched);
    expect(browser.env['LD_LIBRARY_PATH']).toContain(join(cache, 'chromium/usr/lib/x86_64-linux-gnu'));
  });

  it('says what to install when it cannot be had, and leaves nothing half-done', async () => {
    await expect(obtainBrowser({ env: { PATH: bin }, cache })).rejects.toThrow(
      /need Chromium.*Install chromium/,
    );
    expect(existsSync(join(cache, 'chromium'))).toBe(false);
  });
});
