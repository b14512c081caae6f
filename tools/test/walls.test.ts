import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from '@jest/globals';
import { crossedWalls } from '../walls.mjs';
import { plantTree } from './tree.ts';

const repository = fileURLToPath(new URL('../../', import.meta.url));
let remove = () => {};
afterEach(() => {
  remove();
  remove = () => {};
});

function crossingsOf(file: string, text: string): string[] {
  const member = file.split('/').slice(0, 2).join('/');
  const tree = plantTree({
    'packages/core/package.json': '{}',
    'apps/worker/package.json': '{}',
    [`${member}/package.json`]: '{}',
    [file]: text,
  });
  remove = tree.remove;
  return crossedWalls(tree.root);
}

describe('crossedWalls', () => {
  it.each([
    [
      'packages/core/src/a.ts',
      "import { x } from '@hookline/redis';",
      /packages\/core may not know @hookline\/redis/,
    ],
    [
      'packages/http/src/deep/a.ts',
      "import type { X } from '@hookline/redis';",
      /may not know @hookline\/redis/,
    ],
    ['packages/redis/src/a.ts', "export { x } from '@hookline/http';", /may not know @hookline\/http/],
    ['apps/receiver/src/a.ts', "await import('@hookline/worker');", /may not know @hookline\/worker/],
    ['apps/receiver/src/a.ts', "import { shop } from '@hookline/shop';", /may not know @hookline\/shop/],
    [
      'examples/shop/src/jobs/a.ts',
      "import { x } from '@hookline/redis';",
      /examples\/shop may not know @hookline\/redis/,
    ],
    ['apps/worker/src/a.ts', "import '@hookline/local-redis';", /may not know @hookline\/local-redis/],
    [
      'apps/worker/src/a.ts',
      "import {\n  x,\n} from '@hookline/http/src/ops.ts';",
      /inside of @hookline\/http/,
    ],
    [
      'apps/worker/src/a.ts',
      "import { Queue } from 'bullmq';",
      /only packages\/redis, apps\/dashboard, and apps\/bench may import/,
    ],
    [
      'packages/http/src/a.ts',
      "import { Redis } from 'ioredis';",
      /only packages\/redis, apps\/faults, and apps\/bench may import ioredis/,
    ],
    [
      'apps/receiver/src/a.ts',
      "import express from 'express';",
      /only packages\/http and apps\/bench may import express/,
    ],
    ['packages/redis/src/a.ts', "import x from '../../http/src/x.ts';", /by path: \.\.\/\.\.\/http/],
    ['packages/redis/src/a.ts', "import x from './../../http/src/x.ts';", /by path: \.\/\.\.\/\.\.\/http/],
    ['packages/redis/src/a.ts', 'const level = process.env.LEVEL;', /reads process\.env; only main\.ts does/],
    ['packages/redis/src/main.ts', 'const level = process.env.LEVEL;', /reads process\.env/],
    ['apps/worker/src/jobs/main.ts', 'const level = process.env.LEVEL;', /reads process\.env/],
    ['apps/worker/src/a.ts', "const { LEVEL } = process['env'];", /reads process\.env/],
    ['apps/worker/src/a.ts', "import { argv, env } from 'node:process';", /reads process\.env/],
    [
      'packages/redis/src/client/a.ts',
      "import { x } from '../events/store.ts';",
      /the room client may not know the room events/,
    ],
    [
      'packages/redis/src/gate/a.ts',
      "import type { X } from '../bullmq/worker.ts';",
      /the room gate may not know the room bullmq/,
    ],
    [
      'packages/redis/src/jobs/transfer/a.ts',
      "export { x } from '../../run/execute.ts';",
      /the room jobs may not know the room run/,
    ],
    [
      'packages/redis/src/operators/a.ts',
      "await import('../maintenance/rescuer.ts');",
      /the room operators may not know the room maintenance/,
    ],
    [
      'packages/http/src/wire/a.ts',
      "import { x } from '../webhooks/refusals.ts';",
      /the room wire may not know the room webhooks/,
    ],
    ['packages/redis/src/run/a.ts', "import { x } from '../worker.ts';", /the file beside the rooms/],
    ['packages/redis/src/attic/a.ts', "import { x } from '../run/a.ts';", /the room attic has no place yet/],
    ['packages/novelty/src/a.ts', '', /^packages\/novelty: has no walls yet; say in .*walls\.mjs/],
  ])('%s: %s', (file, text, crossing) => {
    expect(crossingsOf(file, text)).toEqual([expect.stringMatching(crossing)]);
  });

  it.each([
    ['packages/redis/src/a.ts', "import { x } from '@hookline/core';\nimport { Queue } from 'bullmq';"],
    ['packages/redis/src/run/a.ts', "import { x } from '../events/store.ts';\nimport './b.ts';"],
    ['packages/redis/src/jobs/transfer/a.ts', "import { x } from '../store.ts';"],
    ['packages/redis/src/worker.ts', "import { x } from './job-queue/job.ts';"],
    ['packages/http/src/wire/a.ts', "import express from 'express';\nimport { x } from './b.ts';"],
    ['apps/worker/src/main.ts', "import { x } from '@hookline/redis';\nrun(process.env);"],
    ['apps/worker/src/a.ts', "import { shop } from '@hookline/shop';"],
    ['apps/worker/src/a.ts', 'const env = { PORT: 1 }; process.exitCode = env.PORT;'],
    ['apps/worker/test/a.test.ts', "import { Queue } from 'bullmq'; process.env.X = '1';"],
  ])('lets %s have %s', (file, text) => {
    expect(crossingsOf(file, text)).toEqual([]);
  });

  it('finds a circle of imports, of types as well', () => {
    const tree = plantTree({
      'packages/core/package.json': '{}',
      'apps/worker/package.json': '{}',
      'packages/core/src/a.ts': "import type { B } from './b.ts';",
      'packages/core/src/b.ts': "export * from './deep/c.ts';",
      'packages/core/src/deep/c.ts': "import { a } from '../a.ts';\nimport { d } from '../d.ts';",
      'packages/core/src/d.ts': '',
    });
    remove = tree.remove;
    expect(crossedWalls(tree.root)).toEqual([
      'packages/core/src/a.ts: imports itself by way of packages/core/src/b.ts → packages/core/src/deep/c.ts → packages/core/src/a.ts',
    ]);
  });

  it('finds several crossings of one file', () => {
    const text = "import { Redis } from 'ioredis';\nimport { x } from '@hookline/http';\nprocess.env.X;";
    expect(crossingsOf('packages/providers/src/a.ts', text)).toHaveLength(3);
  });

  it('finds none in this repository', () => {
    expect(crossedWalls(repository)).toEqual([]);
  });
});
