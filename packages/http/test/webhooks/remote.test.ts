import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TEST_CERTIFICATES } from '@hookline/rig';
import { createFetchText, type FetchedText } from '../../src/wire/fetch-text.ts';
import { isPublicAddress } from '../../src/wire/public-address.ts';
import { createRemoteKeys } from '../../src/webhooks/remote-keys.ts';
import { silentLog } from '../silent-log.ts';

describe('an address of the public internet', () => {
  it.each(['8.8.8.8', '52.94.236.248', '2606:4700::1111'])('is %s', (address) =>
    expect(isPublicAddress(address)).toBe(true),
  );
  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.31.255.255',
    '192.168.0.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    'fe80::1',
    'fd00::1',
    '::ffff:127.0.0.1',
    '2001:db8::1',
    '64:ff9b::a00:1',
    '2002:7f00:1::',
    'localhost',
    '',
  ])('is not %s', (address) => expect(isPublicAddress(address)).toBe(false));
});

describe('fetching', () => {
  let server: Server;
  let seen: string[];
  beforeEach(async () => {
    seen = [];
    server = createServer(
      { cert: TEST_CERTIFICATES.tls, key: TEST_CERTIFICATES.key },
      (request, response) => {
        seen.push(`${request.headers.host}${request.url}`);
        if (request.url === '/moved')
          response.writeHead(302, { location: 'https://keys.example.com/ok' }).end();
        else if (request.url === '/gone') response.writeHead(404).end('no');
        else if (request.url === '/broken') response.writeHead(500).end('no');
        else if (request.url === '/large') response.end('x'.repeat(300 * 1_024));
        else response.writeHead(200, { 'cache-control': 'public, max-age=120' }).end('a key');
      },
    ).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });
  const fetcher = (mayConnect?: (address: string) => boolean) =>
    createFetchText({
      resolve: async () => [{ address: '127.0.0.1', family: 4 }],
      server: { port: (server.address() as AddressInfo).port, ca: TEST_CERTIFICATES.root },
      ...(mayConnect && { mayConnect }),
    });
  const ours = () => fetcher(() => true);

  it('gives the text, and how long it holds', async () => {
    const found = await ours()('https://keys.example.com/ok?a=b');
    expect(found).toEqual({ kind: 'text', text: 'a key', maxAgeSeconds: 120 });
    expect(seen).toEqual(['keys.example.com/ok?a=b']);
  });

  it('follows no redirect, and takes no for an answer', async () => {
    for (const path of ['moved', 'gone'])
      expect(await ours()(`https://keys.example.com/${path}`)).toEqual({ kind: 'refused' });
    expect(seen).toEqual(['keys.example.com/moved', 'keys.example.com/gone']);
  });

  it('connects to the public internet alone, whatever the name says', async () => {
    await expect(fetcher()('https://keys.example.com/ok')).rejects.toThrow('public internet');
    expect(seen).toEqual([]);
  });

  it('fails on what is too large, broken, of another name, or no plain https address', async () => {
    for (const url of [
      'https://keys.example.com/large',
      'https://keys.example.com/broken',
      'https://other.example.com/ok',
      'http://keys.example.com/ok',
      'https://keys.example.com:8443/ok',
      'https://user:pass@keys.example.com/ok',
    ])
      await expect(ours()(url)).rejects.toThrow();
  });
});

describe('remote texts', () => {
  const A = 'https://keys.example.com/a';
  const text = (value: string): FetchedText => ({ kind: 'text', text: value, maxAgeSeconds: 100 });

  function remote(fetchText: (url: string) => Promise<FetchedText>) {
    const calls: string[] = [];
    let time = 0;
    const texts = createRemoteKeys({
      fetchText(url) {
        calls.push(url);
        return fetchText(url);
      },
      log: silentLog,
      now: () => time,
    });
    return { texts, calls, pass: (ms: number) => (time += ms) };
  }

  it('are fetched once while they hold', async () => {
    const { texts, calls, pass } = remote(async () => text('one'));
    await Promise.all([texts.get([A], 50, 'sns'), texts.get([A], 50, 'sns')]);
    pass(99_000);
    expect(await texts.get([A], 50, 'sns')).toEqual(new Map([[A, 'one']]));
    expect(calls).toEqual([A]);
    pass(2_000);
    await texts.get([A], 50, 'sns');
    expect(calls).toEqual([A, A]);
  });

  it('are not waited for long, and there for the next request', async () => {
    let arrive: (found: FetchedText) => void = () => undefined;
    const { texts, calls } = remote(() => new Promise((resolve) => (arrive = resolve)));
    expect(await texts.get([A], 5, 'sns')).toBeUndefined();
    expect(await texts.get([A], 5, 'sns')).toBeUndefined();
    arrive(text('late'));
    expect(await texts.get([A], 50, 'sns')).toEqual(new Map([[A, 'late']]));
    expect(calls).toEqual([A]);
  });

  it('that do not exist are known as such; those that fail are tried again after a while', async () => {
    const gone = remote(async () => ({ kind: 'refused' }));
    expect(await gone.texts.get([A], 50, 'sns')).toEqual(new Map());
    const down = remote(async () => {
      throw new Error('down');
    });
    for (let times = 0; times < 3; times += 1) expect(await down.texts.get([A], 50, 'sns')).toBeUndefined();
    expect(down.calls).toHaveLength(1);
    down.pass(3_000);
    await down.texts.get([A], 50, 'sns');
    expect(down.calls).toHaveLength(2);
  });

  it('are four at once of one source, whoever asks', async () => {
    const { texts, calls } = remote(() => new Promise(() => undefined));
    await Promise.all(Array.from({ length: 20 }, (_, n) => texts.get([`${A}${n}`], 5, 'sns')));
    expect(calls).toHaveLength(4);
  });

  it('were pushed out by addresses that strangers made up: those that a signature fitted stay', async () => {
    const { texts, calls } = remote(async () => text('key'));
    await texts.get([A], 50, 'sns');
    texts.prove([A]);
    for (let n = 0; n < 300; n += 1) await texts.get([`${A}${n}`], 50, 'sns');
    const before = calls.length;
    expect(await texts.get([A], 5, 'sns')).toEqual(new Map([[A, 'key']]));
    expect(calls).toHaveLength(before);
  });

  it('of one source left no fetch to the others, and none to a key that is known and ran out', async () => {
    let isStuck = false;
    const { texts, pass } = remote(async (url) =>
      isStuck && url !== A && !url.endsWith('paypal') ? new Promise(() => undefined) : text('key'),
    );
    await texts.get([A], 50, 'sns');
    texts.prove([A]);
    pass(200_000);
    isStuck = true;
    await Promise.all(Array.from({ length: 20 }, (_, n) => texts.get([`${A}${n}`], 5, 'sns')));
    expect(await texts.get([A], 50, 'sns')).toEqual(new Map([[A, 'key']]));
    expect(await texts.get([`${A}/paypal`], 50, 'paypal')).toEqual(new Map([[`${A}/paypal`, 'key']]));
  });
});
