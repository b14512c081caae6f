import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import request from 'supertest';
import { createOps, type OpsOptions } from '../../src/ops/ops.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

function ops(checks: OpsOptions['checks'], metrics?: OpsOptions['metrics']): Server {
  const server = createServer(createOps({ checks, ...(metrics === undefined ? {} : { metrics }) }));
  servers.push(server.listen(0, '127.0.0.1'));
  return server;
}

const ok = () => Promise.resolve('PONG');
const never = () => new Promise<never>(() => undefined);

describe('/healthz', () => {
  it('answers whatever the checks say', async () => {
    const answer = await request(ops({ redis: never })).get('/healthz?from=probe');
    expect([answer.status, answer.body]).toEqual([200, { status: 'ok' }]);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
    });
    expect(answer.headers).not.toHaveProperty('x-powered-by');
  });
});

describe('/healthz of a process that has to make progress', () => {
  it('is 503 while something is stuck, naming it, and 200 again when it moves', async () => {
    let stuck: string[] = [];
    const server = createServer(createOps({ checks: {}, alive: { queues: () => stuck, disks: () => [] } }));
    servers.push(server.listen(0, '127.0.0.1'));
    expect((await request(server).get('/healthz')).body).toEqual({ status: 'ok' });
    stuck = ['email'];
    const answer = await request(server).get('/healthz');
    expect([answer.status, answer.body]).toEqual([503, { status: 'stuck', queues: ['email'] }]);
    stuck = [];
    expect((await request(server).get('/healthz')).status).toBe(200);
  });
});

describe('/readyz', () => {
  it('is 200 when every check holds', async () => {
    const answer = await request(ops({ redis: ok, disk: ok })).get('/readyz');
    expect([answer.status, answer.body]).toEqual([
      200,
      { status: 'ready', checks: { redis: 'ok', disk: 'ok' } },
    ]);
  });

  it('is 503 when one does not, and names it with its reason', async () => {
    const checks = {
      redis: ok,
      disk: () => Promise.reject(new Error('the disk is full')),
      queue: (): Promise<never> => {
        throw new Error('no such queue');
      },
      // oxlint-disable-next-line prefer-promise-reject-errors -- other people's code rejects with anything
      clock: () => Promise.reject('no error'),
    };
    const answer = await request(ops(checks)).get('/readyz');
    expect([answer.status, answer.body]).toEqual([
      503,
      {
        status: 'not ready',
        checks: {
          redis: 'ok',
          disk: 'failed: the disk is full',
          queue: 'failed: no such queue',
          clock: 'failed: no error',
        },
      },
    ]);
  });

  it('does not hang with a check that does', async () => {
    const answer = await request(ops({ redis: never, disk: ok }))
      .get('/readyz')
      .timeout(5_000);
    expect([answer.status, answer.body]).toEqual([
      503,
      { status: 'not ready', checks: { redis: 'no answer within 300 ms', disk: 'ok' } },
    ]);
  });

  it('does not take a failure for success, whatever it says', async () => {
    await request(ops({ redis: () => Promise.reject(new Error('ok')) }))
      .get('/readyz')
      .expect(503);
  });
});

describe('/metrics', () => {
  it('is the given text', async () => {
    const answer = await request(ops({}, () => Promise.resolve('up 1\n'))).get('/metrics');
    expect([answer.status, answer.text]).toEqual([200, 'up 1\n']);
    expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  });

  it('is 503 when it cannot be told, and 404 when there is none', async () => {
    const failing = await request(ops({}, () => Promise.reject(new Error('a secret')))).get('/metrics');
    expect([failing.status, failing.text.includes('a secret')]).toEqual([503, false]);
    await request(ops({})).get('/metrics').expect(404);
  });
});

describe('the ops pages', () => {
  it('answer HEAD without a body', async () => {
    const server = ops({ redis: never });
    for (const [path, status] of [
      ['/healthz', 200],
      ['/readyz', 503],
      ['/other', 404],
    ] as const) {
      const answer = await request(server).head(path);
      expect([answer.status, answer.text ?? '']).toEqual([status, '']);
      expect(Number(answer.headers['content-length'])).toBeGreaterThan(0);
    }
  });

  it.each(['/', '/healthz/', '/readyz/redis', '/HEALTHZ', '/webhooks/stripe', '/%'])(
    'are no others: %s',
    async (path) => {
      const answer = await request(ops({ redis: ok })).get(path);
      expect([answer.status, answer.body]).toMatchObject([404, { error: 'not_found' }]);
    },
  );
});
