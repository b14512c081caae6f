import { afterEach, describe, expect, it } from '@jest/globals';
import { answerOf, startApi, stopApis, type Answer, type StartedApi } from './harness.ts';

afterEach(stopApis);

async function sentOut(): Promise<StartedApi> {
  const api = await startApi();
  await api.add('job-1', 'ship');
  api.memory.start('job-1');
  return api;
}

/** Without the API key. */
async function post(api: StartedApi, path: string, body?: string, headers = {}): Promise<Answer> {
  const init = { method: 'POST', headers };
  return answerOf(await fetch(api.origin + path, body === undefined ? init : { ...init, body }));
}

const WITH_TOKEN = '/finish/job-1?token=token-of-job-1';

describe('000 finish', () => {
  it('processing is finished: it has succeeded, with the result', async () => {
    const api = await sentOut();
    const answer = await api.call('POST', '/finish/job-1', { result: { parcel: 7 } });
    expect([answer.status, answer.body]).toMatchObject([
      200,
      { id: 'job-1', status: 'succeeded', result: { parcel: 7 } },
    ]);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it.each([undefined, '{}'])('processing is finished without a result, too: %j', async (body) => {
    const api = await sentOut();
    const answer = await api.call('POST', '/finish/job-1', body);
    expect([answer.status, answer.body]).toMatchObject([200, { status: 'succeeded', result: null }]);
  });

  it.each([
    ['pending', 'job_pending', 'The job has not started', 'pending'],
    ['done', 'job_done', 'The job is already finished', 'succeeded'],
    ['failed', 'job_failed', 'The job failed before', 'failed'],
  ])('%s is refused: 400 says so, and nothing changes', async (what, error, title, jobStatus) => {
    const api = await startApi();
    await api.add('job-1', 'ship');
    if (what !== 'pending') api.memory.start('job-1');
    if (what === 'done') api.memory.complete('job-1', 'first');
    if (what === 'failed') api.memory.fail('job-1');
    for (const answer of [
      await api.call('POST', '/finish/job-1', { result: 'second' }),
      await post(api, WITH_TOKEN, '{"result":"second"}'),
    ])
      expect([answer.status, answer.body]).toMatchObject([400, { error, title, jobStatus }]);
    expect(api.memory.kept.get('job-1')).toMatchObject({
      status: jobStatus,
      ...(what === 'done' ? { end: { result: 'first' } } : {}),
    });
  });

  it('twice counts once', async () => {
    const api = await sentOut();
    const answers = await Promise.all(
      [1, 2, 3].map((result) => api.call('POST', '/finish/job-1', { result })),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 400, 400]);
    expect(api.memory.kept.get('job-1')?.frames.map(({ type }) => type)).toEqual(['started', 'completed']);
  });

  it('of a job that finishes itself is refused', async () => {
    const api = await startApi();
    await api.add('job-1', 'render');
    api.memory.start('job-1');
    expect(await api.call('POST', '/finish/job-1')).toMatchObject({
      status: 400,
      body: { error: 'job_finishes_itself' },
    });
  });

  it('of an unknown id is 404', async () => {
    const api = await startApi();
    expect(await api.call('POST', '/finish/nobody')).toMatchObject({
      status: 404,
      body: { error: 'unknown_job_id' },
    });
  });

  it.each([
    ['{', 400, 'malformed_json'],
    ['[]', 422, 'invalid_finish'],
    ['{"reslt":1}', 422, 'invalid_finish'],
  ])('with a body that cannot be used is refused: %s', async (body, status, error) => {
    const api = await sentOut();
    expect(await api.call('POST', '/finish/job-1', body)).toMatchObject({ status, body: { error } });
    expect(api.memory.kept.get('job-1')?.status).toBe('processing');
  });
});

describe("a job's own token", () => {
  it('finishes it without an API key', async () => {
    const api = await sentOut();
    expect(await post(api, WITH_TOKEN, '{"result":1}')).toMatchObject({ status: 200, body: { result: 1 } });
  });

  it('counts whatever key its bearer sends along', async () => {
    const api = await sentOut();
    const headers = { authorization: 'Bearer of another system' };
    expect((await post(api, WITH_TOKEN, undefined, headers)).status).toBe(200);
  });

  it('that is wrong, missing or another job’s is 401, the same for every id', async () => {
    const api = await sentOut();
    await api.add('job-2', 'ship');
    const answers = await Promise.all(
      ['', '?token=', '?token=wrong', '?token=token-of-job-2', `?token=${'x'.repeat(10_000)}`]
        .flatMap((query) => ['job-1', 'nobody', 'a%20b'].map((id) => `/finish/${id}${query}`))
        .map((path) => post(api, path, '{"result":1}')),
    );
    const [first] = answers;
    expect([first?.status, first?.body]).toMatchObject([401, { error: 'finish_refused' }]);
    for (const { status, text } of answers) expect([status, text]).toEqual([401, first?.text]);
    expect(api.memory.kept.get('job-1')?.status).toBe('processing');
    expect(api.memory.calls).not.toContain('finish');
  });

  it('that is wrong beside a wrong key is 401, beside the right key it does not matter', async () => {
    const api = await sentOut();
    const wrong = await post(api, '/finish/job-1?token=wrong', undefined, { authorization: 'Bearer wrong' });
    expect(wrong).toMatchObject({ status: 401, body: { error: 'api_key_refused' } });
    expect((await api.call('POST', '/finish/job-1?token=wrong')).status).toBe(200);
  });

  it('that is made up cost a call to the store as often as somebody liked: it waits its turn', async () => {
    const api = await sentOut();
    const asked = () => api.memory.calls.filter((name) => name === 'mayFinish').length;
    const began = performance.now();
    const guesses = await Promise.all(
      Array.from({ length: 200 }, (_, n) => post(api, `/finish/job-1?token=guess-${n}`)),
    );
    expect(new Set(guesses.map(({ status }) => status))).toEqual(new Set([401, 429]));
    expect(asked()).toBeLessThan(5 + (performance.now() - began) / 50);
    expect((await post(api, WITH_TOKEN, '{"result":1}')).status).toBe(200);
  });

  it('opens nothing else', async () => {
    const api = await sentOut();
    for (const [method, path] of [
      ['GET', '/job/job-1'],
      ['DELETE', '/job/job-1'],
      ['GET', '/job/job-1/stream'],
    ] as const)
      expect((await fetch(`${api.origin}${path}?token=token-of-job-1`, { method })).status).toBe(401);
  });

  it('is checked within 500 ms, together with the finishing, or it is 503', async () => {
    const api = await sentOut();
    api.memory.state = 'hung';
    expect(await post(api, WITH_TOKEN)).toMatchObject({ status: 503, body: { error: 'unavailable' } });
    api.memory.state = 'up';
    expect(api.memory.kept.get('job-1')?.status).toBe('processing');
  });

  it('is in no line of the log and in no answer', async () => {
    const api = await sentOut();
    const texts: string[] = [];
    for (const state of ['down', 'up', 'up'] as const) {
      api.memory.state = state;
      texts.push((await post(api, WITH_TOKEN, '{"result":1}')).text);
    }
    texts.push((await post(api, '/finish/job-1?token=wrong-token-of-job-1')).text);
    const told = JSON.stringify(api.log.lines) + texts.join('\n');
    expect(api.log.lines.length).toBeGreaterThan(0);
    expect(told).not.toContain('token-of-job-1');
  });
});
