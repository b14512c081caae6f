import { eventually } from '@hookline/rig';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startPostgres, type TestPostgres } from '@hookline/test-postgres';
import { createPostgresBackend, DEFAULT_SCHEMA, runMigrations } from 'bullmq';
import { JobQueue, type Backend } from '../../src/index.ts';

import { gate } from './bench.ts';
import { conformance } from './conformance.ts';

async function migrated(postgres: TestPostgres): Promise<Backend> {
  const connection = postgres.pool({ schema: DEFAULT_SCHEMA });
  const client = await connection.connect();
  await runMigrations(client);
  client.release();
  return { create: createPostgresBackend, connection };
}

conformance('PostgreSQL', async () => {
  const postgres = await startPostgres();
  return { place: { backend: await migrated(postgres) }, stop: () => postgres.stop() };
});

describe('JobQueue on PostgreSQL only', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.stop());

  it('a database that was not prepared is said to be', async () => {
    const connection = postgres.pool({ schema: DEFAULT_SCHEMA });
    const queue = new JobQueue('unprepared', { backend: { create: createPostgresBackend, connection } });
    await expect(queue.add('work', 1)).rejects.toThrow('not initialized');
    await queue.close();
  });

  it('a worker whose queue has no place left rests between its questions', async () => {
    const backend = await migrated(postgres);
    let questions = 0;
    const counting: Backend = {
      connection: backend.connection,
      create(...args) {
        const made = backend.create(...args);
        const moveToActive = made.moveToActive.bind(made);
        made.moveToActive = (...more) => {
          questions += 1;
          return moveToActive(...more);
        };
        return made;
      },
    };
    const [busy, idle] = [
      new JobQueue('full', { backend, concurrency: 1 }),
      new JobQueue('full', { backend: counting, concurrency: 1 }),
    ];
    const run = gate();
    try {
      busy.process('work', () => run.opened);
      await busy.addBulk([1, 2].map((data) => ({ name: 'work', data })));
      await eventually(async () => (await busy.stats()).active === 1);
      idle.process('work', () => 'done');
      await eventually(() => questions > 0);
      questions = 0;
      // How often it asks can only be counted over a time. Without a rest it was 2000 times and more.
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      expect(questions).toBeLessThan(30);
      run.open();
      await eventually(async () => (await busy.stats()).completed === 2);
    } finally {
      run.open();
      await Promise.all([busy.close(), idle.close()]);
    }
  });
});
