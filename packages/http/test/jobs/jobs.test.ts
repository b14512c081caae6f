import { afterEach, describe, expect, it } from '@jest/globals';
import { connect } from 'node:net';
import { answerOf, KEY, NOW, startApi, stopApis, type StartedApi } from './harness.ts';
import { until } from '../webhooks/harness.ts';

afterEach(stopApis);

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const data = { your: 'job data', goes: 'here' };

async function fails(api: StartedApi, id: string): Promise<void> {
  await api.add(id, 'ship');
  api.memory.start(id);
  api.memory.fail(id);
}

describe('004 POST /job', () => {
  it('creates a pending job and answers with it: 201, an id, its times in milliseconds, its data', async () => {
    const api = await startApi();
    const answer = await api.call('POST', '/job', { data });
    expect([answer.status, answer.body]).toEqual([
      201,
      {
        id: expect.stringMatching(UUID_V7),
        name: 'default',
        status: 'pending',
        created: NOW,
        updated: NOW,
        data,
        priority: 5,
      },
    ]);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      location: `/job/${String(answer.body['id'])}`,
    });
  });

  it('creates nothing in a store that is full, and says when to come again', async () => {
    const api = await startApi();
    api.memory.state = 'full';
    for (const [path, body] of [
      ['/job', { data }],
      ['/jobs', [{ data }]],
    ] as const) {
      const answer = await api.call('POST', path, body);
      expect([answer.status, answer.body['error'], answer.headers.get('retry-after')]).toEqual([
        503,
        'store_full',
        '10',
      ]);
    }
    expect(api.memory.kept.size).toBe(0);
  });

  it('takes every option', async () => {
    const api = await startApi();
    const backoff = { type: 'fixed', delay: '2s', max: 60_000, jitter: 0 };
    const metadata = { from: 'shop' };
    const options = {
      id: 'order-1',
      delay: '1m',
      priority: 1,
      attempts: 3,
      backoff,
      timeout: '30s',
      metadata,
    };
    const { status, body } = await api.call('POST', '/job', { name: 'render', data: [1], options });
    expect([status, body]).toMatchObject([
      201,
      { id: 'order-1', name: 'render', data: [1], priority: 1, runAt: NOW + 60_000, metadata },
    ]);
    expect(api.memory.kept.get('order-1')).toMatchObject({
      delay: 60_000,
      options: {
        attempts: 3,
        backoff: { type: 'fixed', delay: 2_000, max: 60_000, jitter: 0 },
        timeout: 30_000,
      },
    });
  });

  it('with an id that was there before is the same job, as it is now', async () => {
    const api = await startApi();
    const options = { id: 'order-1' };
    await api.call('POST', '/job', { data: 1, options });
    api.memory.start('order-1');
    expect(await api.call('POST', '/job', { data: 2, options })).toMatchObject({
      status: 201,
      body: { id: 'order-1', status: 'processing', data: 1 },
    });
    expect(api.memory.kept.size).toBe(1);
  });

  it.each([null, false, 0, '', [], [1, [2]], { deep: { er: null } }, 'é\u2028"\\'])(
    'passes data through as it is: %j',
    async (data) => {
      const api = await startApi();
      const { body } = await api.call('POST', '/job', { data });
      expect(body['data']).toEqual(data);
      expect((await api.call('GET', `/job/${String(body['id'])}`)).body['data']).toEqual(data);
    },
  );

  it('of a name that no worker knows is 422 and names those that are known', async () => {
    const api = await startApi();
    expect(await api.call('POST', '/job', { name: 'rendr', data })).toMatchObject({
      status: 422,
      body: { error: 'unknown_job', detail: 'Unknown: rendr. Known: default, render, ship.' },
    });
  });

  it('without data says to send it', async () => {
    const api = await startApi();
    expect(await api.call('POST', '/job', {})).toMatchObject({
      status: 422,
      body: {
        error: 'invalid_job',
        detail: 'data is missing: send what the job works on, or null.',
        errors: [{ path: 'data', message: 'is missing: send what the job works on, or null' }],
      },
    });
  });

  it.each(['', '{', '{"data":1}}', 'data=1', '\u{feff}'])('of what is no JSON is 400: %j', async (body) => {
    const api = await startApi();
    expect(await api.call('POST', '/job', body)).toMatchObject({
      status: 400,
      body: { error: 'malformed_json' },
    });
    expect(api.memory.calls).toEqual([]);
  });

  it('of bytes that are no UTF-8 is 400: they would silently become other text', async () => {
    const api = await startApi();
    const body = Buffer.concat([Buffer.from('{"data":"'), Buffer.from([0xff]), Buffer.from('"}')]);
    const headers = { authorization: `Bearer ${KEY}` };
    expect((await fetch(`${api.origin}/job`, { method: 'POST', headers, body })).status).toBe(400);
  });

  it.each(['[]', 'null', '1', '"text"'])('of JSON that is no object is 422: %s', async (body) => {
    const api = await startApi();
    expect(await api.call('POST', '/job', body)).toMatchObject({
      status: 422,
      body: {
        error: 'invalid_job',
        errors: [{ path: '', message: expect.stringContaining('must be an object') }],
      },
    });
  });

  it('that is nested too deeply is 422, before anything that recurses sees it', async () => {
    const api = await startApi();
    const nested = (depth: number) => `{"data":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    expect((await api.call('POST', '/job', nested(199))).status).toBe(201);
    for (const depth of [200, 400_000])
      expect(await api.call('POST', '/job', nested(depth))).toMatchObject({
        status: 422,
        body: { error: 'json_too_deep' },
      });
  });

  it('that is compressed is 415', async () => {
    const api = await startApi();
    const answer = await api.call('POST', '/job', '{"data":1}', { 'content-encoding': 'gzip' });
    expect(answer).toMatchObject({ status: 415, body: { error: 'unsupported_encoding' } });
  });

  it('that is too large is 413, and one just as large as allowed is not', async () => {
    const api = await startApi();
    const sized = (bytes: number) => JSON.stringify({ data: 'x'.repeat(bytes - '{"data":""}'.length) });
    expect((await api.call('POST', '/job', sized(2 ** 20))).status).toBe(201);
    expect(await api.call('POST', '/job', sized(2 ** 20 + 1))).toMatchObject({
      status: 413,
      body: { error: 'body_too_large', detail: 'The most is 1048576 bytes.' },
    });
  });

  it('that was refused takes no room any more, however much there was of it', async () => {
    const api = await startApi();
    for (let count = 0; count < 6; count += 1)
      expect((await api.call('POST', '/jobs', 'x'.repeat(2 ** 24))).status).toBe(400);
  });

  it('whose body does not come is 408', async () => {
    const api = await startApi({ bodyDeadline: 50 });
    const socket = connect({ port: api.port, host: '127.0.0.1' });
    let text = '';
    socket.on('data', (chunk) => (text += String(chunk)));
    socket.write(
      `POST /job HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${KEY}\r\ncontent-length: 9\r\n\r\n{`,
    );
    await until('an answer', () => text.includes('body_too_slow'));
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
    socket.destroy();
  });
});

describe('POST /jobs', () => {
  it('creates them all, and answers in their order', async () => {
    const api = await startApi();
    const jobs = Array.from({ length: 1_000 }, (_, index) => ({
      data: index,
      options: { id: `job-${index}` },
    }));
    const { status, text } = await api.call('POST', '/jobs', jobs);
    expect(status).toBe(201);
    expect((JSON.parse(text) as { id: string }[]).map(({ id }) => id)).toEqual(
      jobs.map(({ options }) => options.id),
    );
    expect(api.memory.calls).toEqual(['create']);
  });

  it.each([
    ['an entry that is wrong', [{ data: 1 }, { data: 1, options: { priority: 0 } }], '1.options.priority'],
    ['an entry that is no object', [{ data: 1 }, null], '1'],
    ['an entry without data', [{}, { data: 1 }], '0.data'],
    ['the same id twice', ['a', 'b', 'a'].map((id) => ({ data: 1, options: { id } })), '2.options.id'],
    ['an entry larger than a single job may be', [{ data: 1 }, { data: 'x'.repeat(2 ** 20) }], '1.data'],
    ['none', [], ''],
    ['too many', Array.from({ length: 1_001 }, () => ({ data: 1 })), ''],
    ['no list', { data: 1 }, ''],
  ])('is all or nothing: %s refuses all', async (_what, body, path) => {
    const api = await startApi();
    expect(await api.call('POST', '/jobs', body)).toMatchObject({
      status: 422,
      body: { error: 'invalid_job', errors: [{ path }] },
    });
    expect(api.memory.calls).toEqual([]);
  });

  it('tells what is wrong with many of them, but not without end', async () => {
    const api = await startApi();
    const { body } = await api.call(
      'POST',
      '/jobs',
      Array.from({ length: 500 }, () => ({})),
    );
    expect(body['errors']).toHaveLength(20);
  });

  it('refuses all when one name is unknown', async () => {
    const api = await startApi();
    const jobs = [{ data: 1 }, { name: 'nobody', data: 1 }];
    expect(await api.call('POST', '/jobs', jobs)).toMatchObject({
      status: 422,
      body: { error: 'unknown_job' },
    });
    expect(api.memory.kept.size).toBe(0);
  });
});

describe('004 GET /job/:id', () => {
  it('is pending, processing, succeeded, with its output as documented and its result', async () => {
    const api = await startApi();
    const { body } = await api.call('POST', '/job', { data });
    const id = String(body['id']);
    const seen = async () => (await api.call('GET', `/job/${id}`)).body;
    expect(await seen()).toMatchObject({ id, status: 'pending', data, output: [] });
    api.memory.start(id);
    expect(await seen()).toMatchObject({ status: 'processing' });
    api.memory.now += 2_000;
    api.memory.progress(id, 'Processed chunk 1');
    api.memory.complete(id, 'done');
    expect(await seen()).toMatchObject({
      status: 'succeeded',
      created: NOW,
      updated: NOW + 2_000,
      result: 'done',
      output: [{ step: 1, timestamp: NOW + 2_000, processingTime: 2_000, data: 'Processed chunk 1' }],
    });
  });

  it('of a failed job has its error', async () => {
    const api = await startApi();
    await fails(api, 'job-1');
    expect(await api.call('GET', '/job/job-1')).toMatchObject({
      status: 200,
      body: { status: 'failed', error: { name: 'Error', message: 'no ink' } },
    });
  });

  it('finds the jobs that jobs queued, too', async () => {
    const api = await startApi();
    await api.add('order-1~render~0');
    expect((await api.call('GET', '/job/order-1~render~0')).status).toBe(200);
  });

  it.each(['nobody', 'a%2Fb', 'a%20b', `${'a'.repeat(1_001)}`, '%7Bprefix%7D:x', '*'])(
    'of an id that is unknown, or cannot be one, is 404: %s',
    async (id) => {
      const api = await startApi();
      for (const [method, path] of [
        ['GET', `/job/${id}`],
        ['DELETE', `/job/${id}`],
        ['POST', `/job/${id}/retry`],
        ['POST', `/finish/${id}`],
      ] as const)
        expect(await api.call(method, path)).toMatchObject({
          status: 404,
          body: { error: 'unknown_job_id' },
        });
      expect(api.memory.calls).toHaveLength(id === 'nobody' ? 4 : 0);
    },
  );
});

describe('GET /jobs', () => {
  it('pages through all of them, newest first', async () => {
    const api = await startApi();
    for (let index = 0; index < 7; index += 1) await api.add(`job-${index}`);
    const seen: unknown[] = [];
    for (let next: unknown = '', pages = 0; next !== null && pages < 9; pages += 1) {
      const { body } = await api.call('GET', `/jobs?count=3${next === '' ? '' : `&after=${String(next)}`}`);
      seen.push(...(body['jobs'] as { id: string }[]).map(({ id }) => id));
      next = body['next'];
    }
    expect(seen).toEqual([6, 5, 4, 3, 2, 1, 0].map((index) => `job-${index}`));
  });

  it('takes 50 unless told, and only those of a status or a name where it is told', async () => {
    const api = await startApi();
    for (let index = 0; index < 60; index += 1)
      await api.add(`job-${index}`, index % 2 === 0 ? 'render' : 'ship');
    api.memory.start('job-4');
    const ids = async (query: string) =>
      ((await api.call('GET', `/jobs${query}`)).body['jobs'] as { id: string }[]).map(({ id }) => id);
    expect(await ids('')).toHaveLength(50);
    expect(await ids('?status=processing')).toEqual(['job-4']);
    expect(await ids('?status=processing&name=ship')).toEqual([]);
    expect(await ids('?name=ship&count=200')).toHaveLength(30);
  });

  it.each([
    ['status=done', 'status', 'must be one of pending, processing, succeeded, failed'],
    ['name=a%20b', 'name', "must be a job's name"],
    ['count=0', 'count', 'must be a whole number from 1 to 200'],
    ['count=201', 'count', 'must be a whole number from 1 to 200'],
    ['count=1e2', 'count', 'must be a whole number from 1 to 200'],
    ['count=', 'count', 'must be a whole number from 1 to 200'],
    ['after=%2e%2e%2f', 'after', 'must be the `next` of the page before'],
    ['state=failed', 'state', 'is not known here'],
    ['count=1&count=2', 'count', 'is there twice'],
    ['__proto__=1', '', 'has only status, name, after and count'],
  ])('refuses %s and says what is wrong with it', async (query, path, message) => {
    const api = await startApi();
    const { status, body } = await api.call('GET', `/jobs?${query}`);
    expect([status, body]).toMatchObject([
      422,
      { error: 'invalid_query', errors: [{ path, message: expect.stringContaining(message) }] },
    ]);
    expect(api.memory.calls).toEqual([]);
  });

  it('says what to do when the job of `after` is gone', async () => {
    const api = await startApi();
    expect(await api.call('GET', '/jobs?after=gone')).toMatchObject({
      status: 422,
      body: { error: 'unknown_cursor', detail: 'Begin again without `after`.' },
    });
  });
});

describe('DELETE /job/:id', () => {
  it('cancels a job that is not over; one that is over says what it came to', async () => {
    const api = await startApi();
    await api.add('job-1');
    api.memory.start('job-1');
    expect(await api.call('DELETE', '/job/job-1')).toMatchObject({
      status: 200,
      body: { id: 'job-1', status: 'failed', error: { name: 'CancelledError' } },
    });
    expect(await api.call('DELETE', '/job/job-1')).toMatchObject({
      status: 409,
      body: { status: 409, error: 'job_over', jobStatus: 'failed' },
    });
  });
});

describe('POST /job/:id/retry', () => {
  it('queues a failed job again: 202; one that has not failed is 409 with its status', async () => {
    const api = await startApi();
    await fails(api, 'job-1');
    const again = await api.call('POST', '/job/job-1/retry');
    expect(again).toMatchObject({ status: 202, body: { id: 'job-1', status: 'pending' } });
    expect(again.body).not.toHaveProperty('error');
    expect(await api.call('POST', '/job/job-1/retry')).toMatchObject({
      status: 409,
      body: { error: 'job_not_failed', jobStatus: 'pending' },
    });
  });
});

describe('the doors of the job API', () => {
  const DOORS = [
    ['POST', '/job'],
    ['GET', '/job/job-1'],
    ['DELETE', '/job/job-1'],
    ['GET', '/job/job-1/stream'],
    ['POST', '/job/job-1/retry'],
    ['GET', '/jobs'],
    ['POST', '/jobs'],
  ] as const;

  it.each(DOORS)(
    'are closed without the right key, and the store hears nothing: %s %s',
    async (method, path) => {
      const api = await startApi();
      for (const [headers, error] of [
        [{}, 'api_key_required'],
        [{ authorization: 'Bearer wrong' }, 'api_key_refused'],
        [{ authorization: `Basic ${KEY}` }, 'api_key_refused'],
      ] as const) {
        const answer = await answerOf(await fetch(api.origin + path, { method, headers }));
        expect(answer).toMatchObject({ status: 401, body: { error } });
      }
      expect(api.memory.calls).toEqual([]);
    },
  );

  it('open for every one of several keys, and for none when there is none', async () => {
    const two = await startApi({ apiKeys: ['one', KEY] });
    expect((await two.call('GET', '/jobs')).status).toBe(200);
    const none = await startApi({ apiKeys: [] });
    expect((await none.call('GET', '/jobs')).status).toBe(401);
  });

  it.each([
    ['PUT', '/job', 'POST'],
    ['GET', '/job', 'POST'],
    ['DELETE', '/jobs', 'GET, HEAD, POST'],
    ['POST', '/job/job-1', 'GET, HEAD, DELETE'],
    ['OPTIONS', '/job/job-1', 'GET, HEAD, DELETE'],
    ['GET', '/job/job-1/retry', 'POST'],
    ['POST', '/job/job-1/stream', 'GET'],
    ['HEAD', '/job/job-1/stream', 'GET'],
    ['GET', '/finish/job-1?token=token-of-job-1', 'POST'],
    ['HEAD', '/finish/job-1?token=token-of-job-1', 'POST'],
  ])('take no other method: %s %s is 405', async (method, path, allow) => {
    const api = await startApi();
    await api.add('job-1', 'ship');
    api.memory.start('job-1');
    const answer = await api.call(method, path);
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, allow]);
    expect(api.memory.kept.get('job-1')?.status).toBe('processing');
  });

  it('answer HEAD as GET, without the body', async () => {
    const api = await startApi();
    await api.add('job-1');
    for (const path of ['/jobs', '/job/job-1']) {
      const { status, text } = await api.call('HEAD', path);
      expect([status, text]).toEqual([200, '']);
    }
  });

  it('say of a fault in the address that it is the caller’s', async () => {
    const api = await startApi();
    expect(await api.call('GET', '/job/%zz')).toMatchObject({ status: 400 });
    expect(api.log.lines).toEqual([]);
  });

  it.each([...DOORS.filter(([, path]) => !path.endsWith('/stream')), ['POST', '/finish/job-1'] as const])(
    'answer 503 within 500 ms when the store does not: %s %s',
    async (method, path) => {
      const api = await startApi();
      for (const state of ['down', 'hung'] as const) {
        api.memory.state = state;
        const body =
          path === '/job' ? { data: 1 } : path === '/jobs' && method === 'POST' ? [{ data: 1 }] : undefined;
        const answer = await api.call(method, path, body);
        expect(answer).toMatchObject({ status: 503, body: { error: 'unavailable' } });
        expect(answer.headers.get('retry-after')).toBe('2');
      }
      const [down, hung] = api.log.lines.map(({ fields }) => String(fields['error']));
      expect(down).toContain('the store is down');
      expect(Number(/within (\d+) ms/.exec(hung ?? '')?.[1])).toBeLessThan(500);
      api.memory.state = 'up';
    },
  );

  it('leave webhooks and everything else as they were', async () => {
    const api = await startApi();
    expect(await api.call('POST', '/webhooks/nobody')).toMatchObject({ body: { error: 'unknown_source' } });
    for (const path of ['/', '/JOB', '/job/a/b', '/finish'])
      expect(await api.call('GET', path)).toMatchObject({ status: 404, body: { error: 'not_found' } });
  });
});

describe('a list of many jobs', () => {
  const slow = async (answersAfter: number, count: number, bytes: number) => {
    const api = await startApi();
    const create = api.memory.create.bind(api.memory);
    api.memory.create = async (jobs) => {
      await new Promise((resolve) => setTimeout(resolve, answersAfter));
      return create(jobs);
    };
    const list = Array.from({ length: count }, () => ({ data: 'x'.repeat(bytes) }));
    return (await api.call('POST', '/jobs', list)).status;
  };

  it('has longer the more there are and the larger they are: it was 503 for its size alone', async () => {
    expect(await slow(900, 1_000, 10)).toBe(201);
    expect(await slow(900, 10, 800_000)).toBe(201);
  });

  it('has no longer than that, and a small one no longer than one job', async () => {
    expect(await slow(900, 5, 10)).toBe(503);
    expect(await slow(3_500, 1_000, 10)).toBe(503);
  });
});
