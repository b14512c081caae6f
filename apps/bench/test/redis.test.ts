import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startOwnRedis, type OwnRedis } from '@hookline/rig';
import { Redis } from 'ioredis';
import { cloneEvent } from '../src/measure/clone-event.ts';
import { CommandCounter } from '../src/measure/command-counter.ts';
import { openCountingProxy } from '../src/measure/counting-proxy.ts';
import { ControlConnection, readingOf } from '../src/measure/redis-info.ts';

let server: OwnRedis;
let control: ControlConnection;
let client: Redis;

beforeAll(async () => {
  server = await startOwnRedis({ appendfsync: 'no' });
  control = new ControlConnection(server.url);
  client = new Redis(server.url);
  await client.ping();
});

afterAll(async () => {
  control.disconnect();
  client.disconnect();
  await server.stop();
});

describe('what Redis says of itself', () => {
  it('counts the commands of others, those in scripts too, and none of the measurement', async () => {
    const before = await control.reading();
    for (let at = 0; at < 10; at += 1) await client.set(`key-${at}`, 'x'.repeat(1_000));
    await client.eval("redis.call('SET', 'a', 1) redis.call('SET', 'b', 2)", 0);
    await control.dbsize();
    await control.get('key-1');
    const after = await control.reading();
    expect(after.commands - before.commands).toBe(10 + 1 + 2);
    expect((after.calls.get('set') ?? 0) - (before.calls.get('set') ?? 0)).toBe(12);
    expect(after.memory - before.memory).toBeGreaterThan(10_000);
  });

  it('has the CPU that a busy script takes', async () => {
    const before = await control.reading();
    await client.eval('local x = 0 for i = 1, 5000000 do x = x + i end', 0);
    const after = await control.reading();
    expect(after.cpuMicros - before.cpuMicros).toBeGreaterThan(5_000);
  });

  it('is refused when something is missing in it', () => {
    expect(() => readingOf('used_cpu_sys:1\r\nused_cpu_user:1\r\n', 0)).toThrow('total_commands_processed');
  });
});

describe('the proxy', () => {
  it('counts what a client writes, not what a script calls, and one turn for what is pipelined', async () => {
    const proxy = await openCountingProxy(Number(new URL(server.url).port));
    const url = new URL(server.url);
    url.port = String(proxy.port);
    const proxied = new Redis(url.href);
    await proxied.ping();
    proxy.take();
    await proxied.set('one', 'x'.repeat(200_000));
    await proxied.eval("redis.call('SET', 'a', 1) redis.call('SET', 'b', 2)", 0);
    expect(proxy.take()).toEqual({ calls: 2, turns: 2 });
    await proxied.pipeline().set('two', '2').set('three', '3').get('two').exec();
    expect(proxy.take()).toEqual({ calls: 3, turns: 1 });
    expect(proxy.take()).toEqual({ calls: 0, turns: 0 });
    proxied.disconnect();
    await proxy.close();
  });

  it('counts commands however they are cut', () => {
    const text =
      '*2\r\n$4\r\nECHO\r\n$12\r\n*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nPING\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$0\r\n\r\n';
    const bytes = Buffer.from(text);
    for (let size = 1; size <= bytes.length; size += 1) {
      const counter = new CommandCounter();
      let commands = 0;
      for (let at = 0; at < bytes.length; at += size) commands += counter.add(bytes.subarray(at, at + size));
      expect(commands).toBe(3);
    }
  });

  it('does not count what is no command', () => {
    expect(() => new CommandCounter().add(Buffer.from('GET / HTTP/1.1\r\n'))).toThrow('does not speak');
  });
});

it('makes more events of one, wherever it is named', async () => {
  await client.flushall();
  const model = 'evt_aaaaaaaa00000000';
  await client.hset(`event/stripe.${model}`, { providerId: model, body: `{"id":"${model}"}`, type: 't' });
  await client.hset(`job:${model}`, { data: JSON.stringify({ event: model }), opts: `{"jobId":"${model}"}` });
  await client.lpush('wait', model);
  await client.zadd('by-time', 5, `stripe.${model}`);
  await client.sadd('open', model, 'another');
  await client.xadd('changes', '*', 'event', model);
  await client.hset('event/stripe.evt_bbbbbbbb00000000', { providerId: 'other' });
  await cloneEvent(control, model, 'cccccccc', 1_203);
  const made = 'evt_cccccccc00001202';
  expect(await client.hgetall(`event/stripe.${made}`)).toEqual({
    providerId: made,
    body: `{"id":"${model}"}`,
    type: 't',
  });
  expect(await client.hget(`job:${made}`, 'data')).toBe(`{"event":"${made}"}`);
  expect(await client.hget(`job:${made}`, 'opts')).toBe(`{"jobId":"${made}"}`);
  expect(await client.zscore('by-time', `stripe.${made}`)).toBe('5');
  expect(await client.sismember('open', made)).toBe(1);
  expect([await client.llen('wait'), await client.xlen('changes'), await client.scard('open')]).toEqual([
    1_204, 1_204, 1_205,
  ]);
  expect(await client.dbsize()).toBe(2 * 1_204 + 4 + 1);
});
