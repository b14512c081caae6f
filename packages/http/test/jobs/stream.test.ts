import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { JobFrame } from '@hookline/core';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { KEY, NOW, startApi, stopApis, type StartedApi } from './harness.ts';
import { until } from '../webhooks/harness.ts';

afterEach(stopApis);

/** Plays a whole job: started, two steps, completed. */
function play({ memory }: StartedApi, id: string): void {
  memory.now += 500;
  memory.start(id);
  memory.now += 1_000;
  memory.progress(id, 'Processed chunk 1');
  memory.now += 1_000;
  memory.progress(id, { half: true });
  memory.now += 500;
  memory.complete(id, { pages: 2 });
}

const WHOLE = ['initial', 'started', 'progress', 'progress', 'completed'];
const gone = (api: StartedApi) => until('no follower', () => api.memory.followers.size === 0);

describe('004 stream', () => {
  it('replays everything to a late client, each frame one line of data as documented, and ends', async () => {
    const api = await startApi();
    await api.add('job-1', 'default', { your: 'job data' });
    play(api, 'job-1');
    const client = await (await api.listen('job-1')).end();
    const data = client.text.split('\n').filter((line) => line.startsWith('data: '));
    const job =
      '{"id":"job-1","name":"default","status":"succeeded","created":1795348800000,"updated":1795348803000,"data":{"your":"job data"},"priority":5,"result":{"pages":2},"output":[{"step":1,"timestamp":1795348801500,"processingTime":1000,"data":"Processed chunk 1"},{"step":2,"timestamp":1795348802500,"processingTime":2000,"data":{"half":true}}]}';
    expect(data).toEqual([
      `data: {"type":"initial","job":${job}}`,
      'data: {"type":"started","jobId":"job-1","timestamp":"1795348800500","message":"Job processing started"}',
      'data: {"type":"progress","jobId":"job-1","step":"1","timestamp":"1795348801500","processingTime":"1000","data":"Processed chunk 1"}',
      'data: {"type":"progress","jobId":"job-1","step":"2","timestamp":"1795348802500","processingTime":"2000","data":{"half":true}}',
      'data: {"type":"completed","jobId":"job-1","timestamp":"1795348803000","processingTime":"2500","message":"Job processing completed","result":{"pages":2}}',
    ]);
    expect(client.frames.map(({ id }) => id)).toEqual([
      '0-0',
      ...(api.memory.kept.get('job-1')?.frames ?? []).map(({ id }) => id),
    ]);
    expect(client.text).not.toMatch(/^(event|retry):/m);
    expect(client.text.replaceAll(/id: \S+\ndata: .*\n\n/g, '')).toBe('');
  });

  it('is server-sent events that nothing on the way keeps or holds back', async () => {
    const api = await startApi();
    await api.add('job-1');
    const { status, headers } = await api.listen('job-1');
    expect([status, Object.fromEntries(headers)]).toMatchObject([
      200,
      {
        'content-type': 'text/event-stream',
        'cache-control': 'no-cache',
        'x-accel-buffering': 'no',
        'x-content-type-options': 'nosniff',
      },
    ]);
  });

  it('goes on live: each frame comes when it happens', async () => {
    const api = await startApi();
    await api.add('job-1');
    const client = await (await api.listen('job-1')).first(1);
    expect(client.frames[0]).toMatchObject({
      id: '0-0',
      data: { type: 'initial', job: { status: 'pending' } },
    });
    api.memory.start('job-1');
    await client.first(2);
    api.memory.progress('job-1', 50);
    await client.first(3);
    api.memory.retrying('job-1');
    await client.first(4);
    expect(client.ended).toBe(false);
    api.memory.fail('job-1');
    await client.end();
    expect(client.types).toEqual(['initial', 'started', 'progress', 'retrying', 'failed']);
    expect(client.frames.at(-1)?.data).toMatchObject({ error: { name: 'Error', message: 'no ink' } });
    await gone(api);
  });

  it('ends for whoever watches a job that is cancelled or finished from outside', async () => {
    const api = await startApi();
    await api.add('job-1', 'ship');
    await api.add('job-2', 'ship');
    api.memory.start('job-2');
    const clients = [await api.listen('job-1'), await api.listen('job-2')];
    await api.call('DELETE', '/job/job-1');
    await api.call('POST', '/finish/job-2', { result: 7 });
    for (const client of clients) await client.end();
    expect(clients.map(({ types }) => types.at(-1))).toEqual(['failed', 'completed']);
    expect(clients[1]?.frames.at(-1)?.data).toMatchObject({ result: 7 });
  });

  it('of an unknown job, or of what is no id, is 404, and needs the key', async () => {
    const api = await startApi();
    for (const path of ['/job/nobody/stream', '/job/a%2Fb/stream'])
      expect(await api.call('GET', path)).toMatchObject({ status: 404, body: { error: 'unknown_job_id' } });
    expect((await fetch(`${api.origin}/job/nobody/stream`)).status).toBe(401);
    expect(api.memory.followers.size).toBe(0);
  });

  it('keeps the last line of text that a store has, even where it is no JSON', async () => {
    const api = await startApi();
    await api.add('job-1');
    const odd: JobFrame = {
      id: `${NOW}-0`,
      type: 'failed',
      fields: { error: 'not JSON', data: '"line\\nbreak"' },
    };
    api.memory.kept.get('job-1')?.frames.push(odd);
    const client = await (await api.listen('job-1')).end();
    expect(client.frames.at(-1)?.data).toEqual({
      type: 'failed',
      jobId: 'job-1',
      error: 'not JSON',
      data: 'line\nbreak',
    });
  });
});

describe('004 stream, resumed with Last-Event-ID,', () => {
  it.each([0, 1, 2, 3, 4])('goes on exactly after the frame that the client has (number %i)', async (had) => {
    const api = await startApi();
    await api.add('job-1');
    play(api, 'job-1');
    const all = await (await api.listen('job-1')).end();
    const lastId = all.frames[had]?.id ?? '';
    const byHeader = await api.listen('job-1', { 'last-event-id': lastId });
    const byQuery = await api.listen('job-1', {}, `?lastEventId=${lastId}`);
    for (const client of [byHeader, byQuery]) {
      await client.end();
      expect(client.frames).toEqual(all.frames.slice(had + 1));
      // Nothing follows the last one: with 204 an EventSource stops coming back.
      expect(client.status).toBe(had === 4 ? 204 : 200);
    }
    await gone(api);
  });

  it('waits for what comes next on a job that is not over', async () => {
    const api = await startApi();
    await api.add('job-1');
    api.memory.start('job-1');
    const before = await (await api.listen('job-1')).first(2);
    before.leave();
    const client = await api.listen('job-1', { 'last-event-id': before.frames[1]?.id ?? '' });
    api.memory.complete('job-1');
    await client.end();
    expect(client.types).toEqual(['completed']);
  });

  it.each([
    'x',
    '1',
    '1-',
    '-1',
    '1-2-3',
    '99999999999999999999-0',
    '18446744073709551615-18446744073709551615',
    '1-18446744073709551616',
    '1 -2',
    '$',
  ])('refuses what is no frame id: %s', async (id) => {
    const api = await startApi();
    await api.add('job-1');
    const refused = { status: 400, body: { error: 'bad_last_event_id' } };
    expect(await api.call('GET', '/job/job-1/stream', undefined, { 'last-event-id': id })).toMatchObject(
      refused,
    );
    expect(await api.call('GET', `/job/job-1/stream?lastEventId=${encodeURIComponent(id)}`)).toMatchObject(
      refused,
    );
    expect(api.memory.calls).toEqual([]);
  });

  it('after a retry has the frames of the new run', async () => {
    const api = await startApi();
    await api.add('job-1');
    api.memory.start('job-1');
    api.memory.fail('job-1');
    const failed = await (await api.listen('job-1')).end();
    await api.call('POST', '/job/job-1/retry');
    const client = await api.listen('job-1', { 'last-event-id': failed.frames.at(-1)?.id ?? '' });
    play(api, 'job-1');
    await client.end();
    expect(client.types).toEqual(WHOLE.slice(1));
  });
});

describe('a stream of a job that is over, whose frames are gone,', () => {
  it.each([
    ['succeeded', 'completed', { result: { pages: 2 } }],
    ['failed', 'failed', { error: { name: 'Error', message: 'no ink' } }],
  ])('ends all the same with what the record says: %s', async (status, type, end) => {
    const api = await startApi();
    await api.add('job-1');
    if (status === 'failed') api.memory.fail('job-1');
    else play(api, 'job-1');
    const record = api.memory.kept.get('job-1');
    record?.frames.splice(0);
    const client = await (await api.listen('job-1')).end();
    expect(client.frames).toMatchObject([
      { data: { type: 'initial', job: { status, ...end } } },
      { data: { type, jobId: 'job-1', timestamp: String(record?.updated), ...end } },
    ]);

    // Whoever has only a part of it is told the end; whoever was told it is told nothing more.
    const part = await (await api.listen('job-1', { 'last-event-id': `${NOW}-0` })).end();
    expect(part.frames).toEqual(client.frames.slice(1));
    const again = await api.listen('job-1', { 'last-event-id': client.frames[1]?.id ?? '' });
    expect([again.status, again.text]).toEqual([204, '']);
    await gone(api);
  });
});

describe('the store of the streams', () => {
  it.each(['down', 'hung'] as const)(
    'is %s: 503 with a time to come again, and nothing stays behind',
    async (state) => {
      const api = await startApi();
      await api.add('job-1');
      api.memory.state = state;
      const answer = await api.call('GET', '/job/job-1/stream');
      expect(answer).toMatchObject({ status: 503, body: { error: 'unavailable' } });
      expect(answer.headers.get('retry-after')).toBe('2');
      api.memory.state = 'up';
      await gone(api);
    },
  );

  it('hangs only when it is followed: 503, and a following that begins later is ended', async () => {
    const api = await startApi();
    await api.add('job-1');
    play(api, 'job-1');
    const get = api.memory.get.bind(api.memory);
    api.memory.get = async (id) => {
      const job = await get(id);
      api.memory.state = 'hung';
      return job;
    };
    expect(await api.call('GET', '/job/job-1/stream')).toMatchObject({ status: 503 });
    const ended: boolean[] = [];
    const remove = api.memory.followers.delete.bind(api.memory.followers);
    api.memory.followers.delete = (follower) => ended.push(remove(follower)) > 0;
    api.memory.state = 'up';
    await until('the late following', () => ended.length > 0);
    expect([ended, api.memory.followers.size]).toEqual([[true], 0]);
  });

  it('gives a frame just after it was given up: nothing breaks', async () => {
    const api = await startApi();
    await api.add('job-1');
    const frame = { id: '1-0', type: 'started', fields: {} } as const;
    let giveLate = () => undefined;
    api.memory.follow = (_id, _after, onFrame) => {
      giveLate = () => void onFrame(frame);
      return new Promise(() => undefined);
    };
    let given = false;
    api.server.prependListener('request', (_request, response) =>
      response.once('prefinish', () => {
        giveLate();
        given = true;
      }),
    );
    expect(await api.call('GET', '/job/job-1/stream')).toMatchObject({ status: 503 });
    await until('the late frame', () => given);
    await new Promise(setImmediate);
  });
});

describe('the clients of the streams', () => {
  it('are a limited number: one more is 503, and there is room again when one leaves', async () => {
    const api = await startApi({ streams: { max: 2 } });
    await api.add('job-1');
    const clients = [await api.listen('job-1'), await api.listen('job-1')];
    const refused = await api.call('GET', '/job/job-1/stream');
    expect(refused).toMatchObject({ status: 503, body: { error: 'too_many_streams' } });
    expect(refused.headers.get('retry-after')).toBe('2');
    clients[0]?.leave();
    await until('one client less', () => api.memory.followers.size === 1);
    expect((await api.listen('job-1')).status).toBe(200);
    // Answers that are no streams take no room for long.
    clients[1]?.leave();
    await until('room for one', () => api.memory.followers.size === 1);
    for (let count = 0; count < 5; count += 1)
      expect(await api.call('GET', '/job/nobody/stream')).toMatchObject({ status: 404 });
  });

  it('of one job are a limited number, and so are those of one key: others find room', async () => {
    const apiKeys = [KEY, 'key-of-another-caller'];
    const api = await startApi({ apiKeys, streams: { maxOfJob: 2, maxOfKey: 3 } });
    await api.add('job-1');
    await api.add('job-2');
    const opened = [];
    for (const id of ['job-1', 'job-1', 'job-1', 'job-2', 'job-2'])
      opened.push((await api.listen(id)).status);
    expect(opened).toEqual([200, 200, 503, 200, 503]);
    const other = { authorization: 'Bearer key-of-another-caller' };
    expect((await api.listen('job-2', other)).status).toBe(200);
    expect((await api.listen('job-1', other)).status).toBe(503);
  });

  it('read a job each for itself, however many came at once: they share it', async () => {
    const api = await startApi();
    await api.add('job-1', 'default', 'x'.repeat(1_000));
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const get = api.memory.get.bind(api.memory);
    let reads = 0;
    api.memory.get = async (id) => {
      reads += 1;
      await gate;
      return get(id);
    };
    let asked = 0;
    api.server.on('request', () => (asked += 1));
    const coming = Array.from({ length: 50 }, () => api.listen('job-1'));
    await until('all of them', () => asked === 50 && reads > 0);
    open();
    for (const client of await Promise.all(coming))
      expect((await client.first(1)).types).toEqual(['initial']);
    expect(reads).toBeLessThan(10);
  });

  it('hear a heartbeat, which is no frame', async () => {
    const api = await startApi({ streams: { heartbeat: 20 } });
    await api.add('job-1');
    const client = await api.listen('job-1');
    await until('three heartbeats', () => (client.text.match(/^: \n\n/gm) ?? []).length >= 3);
    expect(client.types).toEqual(['initial']);
  });

  it('leave nothing behind when they go: no follower, no timer, no listener', async () => {
    const api = await startApi({ streams: { heartbeat: 20 } });
    await api.add('job-1');
    const begun = jest.spyOn(globalThis, 'setInterval');
    const cleared = jest.spyOn(globalThis, 'clearInterval');
    const clients = await Promise.all(Array.from({ length: 20 }, () => api.listen('job-1')));
    await until('all followers', () => api.memory.followers.size === 20);
    for (const client of clients) client.leave();
    await gone(api);
    const timers = begun.mock.results.map(({ value }) => value as unknown);
    expect(timers.length).toBeGreaterThan(0);
    const stopped = new Set<unknown>(cleared.mock.calls.map(([timer]) => timer));
    expect(timers.filter((timer) => !stopped.has(timer))).toEqual([]);
    jest.restoreAllMocks();
    api.memory.complete('job-1');
    expect(api.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('that stop reading are dropped when too much waits for them; the others go on', async () => {
    const api = await startApi({ streams: { slowBytes: 256 * 1024 } });
    await api.add('job-1');
    const reader = await api.listen('job-1');
    const stuck = connect({ port: api.port, host: '127.0.0.1' });
    stuck.write(`GET /job/job-1/stream HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${KEY}\r\n\r\n`);
    stuck.on('error', () => undefined).pause();
    await until('two followers', () => api.memory.followers.size === 2);
    let sent = 0;
    api.memory.start('job-1');
    for (; api.memory.followers.size > 1 && sent < 2_000; sent += 1) {
      api.memory.progress('job-1', 'x'.repeat(64 * 1024));
      await reader.first(sent + 3);
      reader.text = reader.text.replaceAll('x'.repeat(64 * 1024), 'x');
    }
    expect(sent).toBeLessThan(2_000);
    await until('the line in the log', () => api.log.lines.some(({ level }) => level === 'warn'));
    expect(api.log.lines).toMatchObject([{ level: 'warn', fields: { job: 'job-1' } }]);
    stuck.destroy();
    api.memory.complete('job-1');
    await reader.end();
    expect(reader.frames).toHaveLength(sent + 3);
  });

  it('get a history that is larger than what may wait for them, whole and in order', async () => {
    const api = await startApi({ streams: { slowBytes: 64 * 1024 } });
    await api.add('job-1');
    api.memory.start('job-1');
    for (let step = 0; step < 400; step += 1)
      api.memory.progress('job-1', `${step} ${'x'.repeat(32 * 1024)}`);
    api.memory.kept.get('job-1')?.output.splice(0);
    const responses: ServerResponse[] = [];
    api.server.prependListener('request', (_request, response) => responses.push(response));
    const follow = api.memory.follow.bind(api.memory);
    let most = 0;
    api.memory.follow = (id, after, onFrame) =>
      follow(id, after, (frame) => {
        onFrame(frame);
        most = Math.max(most, responses[0]?.writableLength ?? 0);
      });
    const client = await api.listen('job-1');
    await client.first(402);
    // What was allowed, and the one frame more that showed it.
    expect(most).toBeGreaterThan(64 * 1024);
    expect(most).toBeLessThan(100 * 1024);
    api.memory.complete('job-1');
    await client.end();
    expect(client.frames.map(({ id }) => id)).toEqual([
      '0-0',
      ...(api.memory.kept.get('job-1')?.frames ?? []).map(({ id }) => id),
    ]);
    await gone(api);
  });

  it('that never read a large history are dropped, too', async () => {
    const api = await startApi({ streams: { slowBytes: 64 * 1024, heartbeat: 50 } });
    await api.add('job-1');
    api.memory.start('job-1');
    for (let step = 0; step < 400; step += 1) api.memory.progress('job-1', 'x'.repeat(64 * 1024));
    const stuck = connect({ port: api.port, host: '127.0.0.1' });
    let closed = false;
    stuck.on('error', () => undefined).on('close', () => (closed = true));
    stuck.write(`GET /job/job-1/stream HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${KEY}\r\n\r\n`);
    stuck.pause();
    await until('the line in the log', () => api.log.lines.some(({ level }) => level === 'warn'));
    stuck.resume();
    await until('the end of the connection', () => closed);
    await gone(api);
  });

  it('are ended when the receiver stops, so that its server can close; none comes in after that', async () => {
    const api = await startApi();
    await api.add('job-1');
    const clients = [await api.listen('job-1'), await api.listen('job-1')];
    api.server.keepAliveTimeout = 1;
    const closed = new Promise((resolve) => api.server.close(resolve));
    api.receiver.closeStreams();
    for (const client of clients) await client.end();
    await closed;
    expect(clients.map(({ types, cutOff }) => [types, cutOff])).toEqual([
      [['initial'], false],
      [['initial'], false],
    ]);
    expect(api.memory.followers.size).toBe(0);
  });

  it('that are about to come in when the receiver stops are 503', async () => {
    const api = await startApi();
    await api.add('job-1');
    api.memory.state = 'hung';
    const waiting = api.call('GET', '/job/job-1/stream');
    await until('the call to the store', () => api.memory.calls.length > 0);
    api.receiver.closeStreams();
    expect(await waiting).toMatchObject({ status: 503, body: { error: 'too_many_streams' } });
    api.memory.state = 'up';
    expect(await api.call('GET', '/job/job-1/stream')).toMatchObject({ status: 503 });
    expect(api.memory.followers.size).toBe(0);
  });
});

describe('a stream whose oldest steps the limit has cut away', () => {
  const told = (missing: number, nextStep: number) => ({
    type: 'truncated',
    jobId: 'job-1',
    missing: String(missing),
    nextStep: String(nextStep),
  });

  async function talked(steps: number, options: Parameters<typeof startApi>[0] = {}): Promise<StartedApi> {
    const api = await startApi(options);
    await api.add('job-1');
    api.memory.start('job-1');
    for (let step = 1; step <= steps; step += 1) api.memory.progress('job-1', step);
    return api;
  }

  it('says how many are missing to a client that is new: it took the rest for all', async () => {
    const api = await talked(5);
    api.memory.cut('job-1', 4);
    api.memory.complete('job-1');
    const { frames } = await (await api.listen('job-1')).end();
    expect(frames[0]?.data).toMatchObject({
      job: { outputTruncated: true, output: [{ step: 4 }, { step: 5 }] },
    });
    expect(frames[1]).toEqual({ id: '0-0', data: told(3, 4) });
    expect(frames.slice(2).map(({ data }) => data['step'] ?? data['type'])).toEqual(['4', '5', 'completed']);
  });

  it('says it to a client that comes back for what is no longer there, and to no other', async () => {
    const api = await talked(6);
    const ids = api.memory.kept.get('job-1')?.frames.map(({ id }) => id) ?? [];
    api.memory.cut('job-1', 4);
    api.memory.complete('job-1');
    const late = await (await api.listen('job-1', { 'last-event-id': ids[1] ?? '' })).end();
    expect(late.frames[0]).toEqual({ id: ids[1], data: told(3, 4) });
    expect(late.types).toEqual(['truncated', 'progress', 'progress', 'progress', 'completed']);
    const near = await (await api.listen('job-1', { 'last-event-id': ids[4] ?? '' })).end();
    expect(near.types).toEqual(['progress', 'progress', 'completed']);
  });

  it('says it where no step is left, and says nothing after a retry', async () => {
    const api = await talked(2);
    const ids = api.memory.kept.get('job-1')?.frames.map(({ id }) => id) ?? [];
    api.memory.fail('job-1');
    api.memory.cut('job-1', 3);
    const gone = await (await api.listen('job-1')).end();
    expect(gone.frames.slice(1).map(({ data }) => data)).toMatchObject([told(2, 3), { type: 'failed' }]);
    await api.call('POST', '/job/job-1/retry');
    play(api, 'job-1');
    const again = await (await api.listen('job-1', { 'last-event-id': ids[2] ?? '' })).end();
    expect(again.types).toEqual(WHOLE.slice(1));
  });

  it('says it to a client that was too slow for what was cut meanwhile', async () => {
    const api = await startApi({ streams: { slowBytes: 64 * 1024 } });
    await api.add('job-1');
    api.memory.start('job-1');
    for (let step = 1; step <= 400; step += 1) api.memory.progress('job-1', 'x'.repeat(32 * 1024));
    const follow = api.memory.follow.bind(api.memory);
    let turns = 0;
    api.memory.follow = async (id, after, onFrame) => {
      const stop = await follow(id, after, onFrame);
      if ((turns += 1) === 1) api.memory.cut(id, 350);
      return stop;
    };
    const client = await (await api.listen('job-1')).first(40);
    api.memory.complete('job-1');
    await client.end();
    const steps = client.frames.flatMap(({ data }) =>
      data['type'] === 'progress' ? [Number(data['step'])] : [],
    );
    const [gap] = client.frames.filter(({ data }) => data['type'] === 'truncated');
    const before = steps.indexOf(350) - 1;
    expect(steps.slice(before + 1)).toEqual(Array.from({ length: 51 }, (_, n) => 350 + n));
    expect(gap?.data).toEqual(told(349 - (steps[before] ?? 0), 350));
    expect(steps.slice(0, before + 1)).toEqual(Array.from({ length: before + 1 }, (_, n) => n + 1));
  });
});

describe('what waits for a client that reads slowly', () => {
  it('is a page of the history: it was a mebibyte, and all steps in the first frame', async () => {
    const api = await startApi();
    await api.add('job-1');
    api.memory.start('job-1');
    for (let step = 0; step < 400; step += 1)
      api.memory.progress('job-1', `${step} ${'x'.repeat(32 * 1024)}`);
    const responses: ServerResponse[] = [];
    api.server.prependListener('request', (_request, response) => responses.push(response));
    let most = 0;
    const follow = api.memory.follow.bind(api.memory);
    api.memory.follow = (id, after, onFrame) =>
      follow(id, after, (frame) => {
        onFrame(frame);
        most = Math.max(most, responses[0]?.writableLength ?? 0);
      });
    const client = await (await api.listen('job-1')).first(402);
    expect(most).toBeLessThan(600 * 1024);
    const { output } = client.frames[0]!.data['job'] as { output: { step: number }[] };
    expect(output.map(({ step }) => step)).toEqual([394, 395, 396, 397, 398, 399, 400]);
    api.memory.complete('job-1');
    await client.end();
    expect(client.frames.map(({ id }) => id)).toEqual([
      '0-0',
      ...(api.memory.kept.get('job-1')?.frames ?? []).map(({ id }) => id),
    ]);
  });
});
