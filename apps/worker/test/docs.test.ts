import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { providers } from '@hookline/providers';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { definitionsIn } from '../src/definition-files.ts';
import { buildDefinitions } from '../src/definitions.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const PAGES = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

interface Block {
  readonly page: string;
  readonly text: string;
}

function blocks(language: string): Block[] {
  return PAGES.flatMap((page) =>
    [...readFileSync(join(ROOT, page), 'utf8').matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
      .filter((match) => match[1] === language)
      .map((match) => ({ page, text: match[2] ?? '' })),
  );
}

describe('what README and docs show', () => {
  let typed: string;
  let appDir: string;
  beforeAll(() => {
    typed = mkdtempSync(join(ROOT, 'apps/worker/test/docs-'));
    appDir = mkdtempSync(join(tmpdir(), 'hookline-docs-'));
  });
  afterAll(() => {
    for (const folder of [typed, appDir]) rmSync(folder, { recursive: true, force: true });
  });

  it('as TypeScript compiles', () => {
    const shown = blocks('ts');
    expect(shown.length).toBeGreaterThan(4);
    // What is shown of the shop lies beside its jobs; this file lies here, where packages resolve as they do for a reader's own.
    const asHere = (text: string) => text.replaceAll("'../jobs/", "'../../../../examples/shop/src/jobs/");
    shown.forEach(({ text }, i) => writeFileSync(join(typed, `block-${i}.ts`), asHere(text)));
    const base = relative(typed, join(ROOT, 'tsconfig.test.json'));
    writeFileSync(join(typed, 'tsconfig.json'), JSON.stringify({ extends: base, include: ['*.ts'] }));
    const tsc = spawnSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', typed], {
      encoding: 'utf8',
    });
    expect(tsc.stdout).toBe('');
  });

  it('as plain modules loads from APP_DIR', async () => {
    for (const { text } of blocks('js')) {
      const file = /^\/\/ (\S+\.mjs)$/m.exec(text)?.[1];
      expect(file).toBeDefined();
      mkdirSync(dirname(join(appDir, file ?? '')), { recursive: true });
      writeFileSync(join(appDir, file ?? ''), text);
    }
    const { registry, queues } = buildDefinitions(await definitionsIn(appDir), providers);
    expect([registry.handlers.size, registry.jobs.size, registry.schedules.size]).toEqual([1, 1, 1]);
    expect(queues['email']).toEqual({ concurrency: 5, limiter: { max: 50, duration: 1_000 } });
  });

  it('as commands names scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const named = blocks('sh').flatMap(({ text }) =>
      [...text.matchAll(/npm (?:run )?(start|test|[a-z]+)/g)].map((match) => match[1] ?? ''),
    );
    expect(named.length).toBeGreaterThan(8);
    for (const name of named) expect(Object.keys(scripts)).toContain(name);
  });

  it('as links leads somewhere', () => {
    for (const page of PAGES) {
      const links = [...readFileSync(join(ROOT, page), 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(
        (match) => match[1] ?? '',
      );
      for (const link of links) expect(() => readFileSync(join(ROOT, dirname(page), link))).not.toThrow();
    }
  });
});
