import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, cpSync, existsSync, readFileSync, realpathSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { plantTree } from './tree.ts';

const repository = fileURLToPath(new URL('../../', import.meta.url));
/** What decides whether the installed packages are the right ones. */
const INSTALL_FILES = { 'pnpm-lock.yaml': 'lock', 'pnpm-workspace.yaml': 'workspace', 'package.json': '{}' };
const COMPILER_OPTIONS = { rootDir: 'src', outDir: 'dist', composite: true, types: [] };

let tree: ReturnType<typeof plantTree>;
beforeEach(() => {
  const installed = createHash('sha256').update(Object.values(INSTALL_FILES).join('')).digest('hex');
  tree = plantTree({
    ...INSTALL_FILES,
    'node_modules/.hookline-installed': installed,
    'tsconfig.base.json': '{}',
    'tsconfig.json': JSON.stringify({ files: [], references: [{ path: 'packages/one' }] }),
    'packages/one/tsconfig.json': JSON.stringify({ compilerOptions: COMPILER_OPTIONS, include: ['src'] }),
    'packages/one/src/index.ts': 'export const one: number = 1;\n',
    'packages/providers/src/providers/stripe.ts': '',
    'apps/worker/src/handlers/a.ts': '',
  });
  cpSync(join(repository, 'tools'), join(tree.root, 'tools'), { recursive: true });
  const compiler = realpathSync(join(repository, 'node_modules/typescript'));
  symlinkSync(compiler, join(tree.root, 'node_modules/typescript'), 'junction');
});
afterEach(() => tree.remove());

/** Runs it to its end. @returns what it said; it is silent when nothing was to do */
async function prepare(env: Record<string, string> = {}): Promise<string> {
  const child = spawn(process.execPath, [join(tree.root, 'tools/prepare.mjs')], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, npm_lifecycle_event: 'prestart', ...env },
  });
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  return code === 0 ? said : `exit code ${String(code)}: ${said}`;
}

describe('prepare', () => {
  it('writes the indexes and compiles, once for two that are started together', async () => {
    const said = await Promise.all([prepare(), prepare()]);
    expect(said.toSorted()).toEqual([
      '',
      expect.stringMatching(/^hookline: compiling …\nhookline: done in .* s\n$/),
    ]);
    expect(readFileSync(join(tree.root, 'packages/one/dist/index.js'), 'utf8')).toContain('one = 1');
    expect(existsSync(join(tree.root, 'apps/worker/src/all-handlers.ts'))).toBe(true);
    expect(existsSync(join(tree.root, 'node_modules.lock'))).toBe(false);
  });

  it('does nothing until a source changes, or what was compiled is gone', async () => {
    await prepare();
    expect(await prepare()).toBe('');
    tree.put('packages/one/src/index.ts', 'export const one: number = 1 + 0;\n');
    expect(await prepare()).toContain('compiling');
    tree.remove('packages/one/dist');
    expect(await prepare()).toContain('compiling');
    expect(await prepare()).toBe('');
  });

  it('says why it cannot compile, and tries again next time', async () => {
    tree.put('packages/one/src/index.ts', "export const one: number = 'one';\n");
    expect(await prepare()).toMatch(/^exit code 1: .*\nhookline: Compiling failed/s);
    expect(existsSync(join(tree.root, 'node_modules.lock'))).toBe(false);
    expect(await prepare()).toMatch(/^exit code 1: /);
    tree.put('packages/one/src/index.ts', 'export const one: number = 1;\n');
    expect(await prepare()).toContain('done in');
  });

  it('installs what only tests need when tests are asked for, and not before', async () => {
    const calls = join(tree.root, 'calls');
    tree.put('bin/npx', `#!/bin/sh\necho "$@" >> ${calls}\n`);
    chmodSync(join(tree.root, 'bin/npx'), 0o755);
    const env = { PATH: `${join(tree.root, 'bin')}${delimiter}${process.env.PATH}` };
    const installs = () => readFileSync(calls, 'utf8').trim().split('\n');
    tree.put('pnpm-lock.yaml', 'changed');
    await prepare(env);
    await prepare(env);
    expect(installs()).toEqual([
      expect.stringContaining('--filter=!@hookline/test-postgres --filter=!@hookline/test-sdks'),
    ]);
    await prepare({ ...env, npm_lifecycle_event: 'pretest' });
    await prepare({ ...env, npm_lifecycle_event: 'precheck' });
    await prepare(env);
    expect(installs()).toHaveLength(2);
    expect(installs()[1]).toMatch(/install --frozen-lockfile(?!.*filter)/);
  });
});
