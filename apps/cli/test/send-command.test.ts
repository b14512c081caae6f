import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { providers } from '@hookline/providers';
import { testRedisUrl, uniquePrefix } from '@hookline/rig';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
  handlerModule,
  hookline,
  openStage,
  startReceiver,
  startWorker,
  type Stage,
} from './e2e/processes.ts';

const hmac = { WEBHOOK_PROVIDER_ACME: 'hmac', WEBHOOK_SCHEME_ACME: 'header=x-acme; id=body:id' };
const given = {
  WEBHOOK_SECRET_STRIPE: 'whsec_of_sending',
  WEBHOOK_SECRET_GITHUB: 'gh-of-send',
  WEBHOOK_SECRET_TWILIO: 'tw-of-send',
  WEBHOOK_SECRET_SENDGRID: `test-key:${'a'.repeat(64)}`,
  WEBHOOK_SECRET_ADYEN: 'AB12AB12AB12AB12',
  ...hmac,
  WEBHOOK_SECRET_ACME: 'acme-of-send',
  WEBHOOK_SECRET_SHOP_EU: 'eu-of-send',
  WEBHOOK_PROVIDER_SHOP_EU: 'square',
  WEBHOOK_URL_SHOP_EU: 'https://hooks.example.com/shop',
};

let stage: Stage;
let env: Record<string, string>;
let foreign: Server;
const arrived: { url: string; headers: Record<string, unknown>; body: Buffer }[] = [];
let status = 200;

beforeAll(async () => {
  stage = openStage();
  const journal = stage.journal();
  const APP_DIR = stage.appDir({ 'handlers/one.mjs': handlerModule('one', journal) });
  env = { REDIS_URL: testRedisUrl(), HOOKLINE_PREFIX: uniquePrefix(), ...given };
  const receiver = await startReceiver(stage, env);
  env['RECEIVER_PORT'] = new URL(receiver.url).port;
  await startWorker(stage, { ...env, APP_DIR });
  foreign = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    arrived.push({ url: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks) });
    response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await Promise.all([stage.close(), new Promise((resolve) => foreign.close(resolve))]);
});

const send = (...args: string[]) => hookline(stage, env, 'send', ...args);
const foreignUrl = (path = '') => `http://127.0.0.1:${(foreign.address() as AddressInfo).port}${path}`;

describe('send', () => {
  it('sends the first sample without a type, and follows it to its handler', async () => {
    const { code, output } = await send('stripe');
    expect(output).toContain(`/webhooks/stripe (${providers.get('stripe')?.sampleTypes[0]}, signed now)`);
    expect(output).toMatch(/200 in \d+ ms: .*"duplicate":false/);
    expect(output).toMatch(/verified \d+ ms → recorded \d+ ms → queued \d+ ms → handled \d+ ms \(one\)/);
    expect(code).toBe(0);
  });

  it('sends each twice, and says that the second is a duplicate', async () => {
    const { code, output } = await send('stripe', '--duplicate');
    expect(output).toMatch(/"duplicate":false.*\n.*once more.*\n.*"duplicate":true.*\na duplicate:/);
    expect(code).toBe(0);
    // Adyen wants `[accepted]` for an answer: there the ids tell.
    const adyen = await send('adyen', '--duplicate');
    expect(adyen.output).toMatch(/accepted[^]*a duplicate: the event was known/);
    expect(adyen.code).toBe(0);
  });

  it.each([
    [['--tamper'], 'one byte changed afterwards: body', 'mismatch'],
    [['--wrong-secret'], 'with another secret', 'mismatch'],
    [['--late', '400s'], 'signed as if 400 s ago', 'stale'],
    [['--late', '-400s'], 'signed as if 400 s from now', 'stale'],
  ])('with %j is refused, says what that means, and succeeds', async (args, said, reason) => {
    const { code, output } = await send('stripe', ...args);
    expect(output).toContain(said);
    expect(output).toMatch(new RegExp(`401 in .*"reason":"${reason}"`));
    expect(output).toMatch(new RegExp(`refused, as was to be expected: ${reason}: `));
    expect(code).toBe(0);
  });

  it('is accepted late where no time is signed, or little late, and says so', async () => {
    for (const args of [
      ['github', '--late', '2d'],
      ['stripe', '--late', '200s'],
    ]) {
      const { code, output } = await send(...args);
      expect(output).toContain('it is no reason to refuse');
      expect([args, code]).toEqual([args, 0]);
    }
  });

  it('follows the first event of a batch', async () => {
    const { code, output } = await send('sendgrid');
    expect(output).toMatch(/200 in .*"id":"sendgrid\./);
    expect(output).toMatch(/unhandled: no handler asks for this type/);
    expect(code).toBe(0);
  });

  it('knows providers that are described in the settings, and sources of another name', async () => {
    const acme = await send('hmac', '--source', 'acme');
    expect(acme.output).toMatch(/200 in .*"id":"acme\./);
    const shop = await send('square', '--source', 'shop-eu');
    expect(shop.output).toMatch(/200 in .*"id":"shop-eu\./);
    expect([acme.code, shop.code]).toEqual([0, 0]);
  });

  it('signs the path for a receiver that knows no address, and says what to set', async () => {
    const { code, output } = await send('twilio');
    expect(output).toMatch(/note: twilio signs the public address.*set WEBHOOK_URL_TWILIO/);
    expect(output).toMatch(/200 in/);
    expect(code).toBe(0);
    expect((await send('square', '--source', 'shop-eu')).output).not.toContain('note:');
  });

  it('fails when a good request is refused, and says what to look at', async () => {
    const other = { ...env, WEBHOOK_SECRET_STRIPE: 'whsec_another_one', WEBHOOK_SECRET_SLACK: 'new-of-send' };
    const mismatch = await hookline(stage, other, 'send', 'stripe');
    expect(mismatch.output).toMatch(/not expected: mismatch: .*WEBHOOK_SECRET_STRIPE/);
    const unknown = await hookline(stage, other, 'send', 'slack');
    expect(unknown.output).toMatch(/404 in[^]*not expected: .*WEBHOOK_SECRET_SLACK there/);
    const nobody = await send('stripe', '--to', 'http://127.0.0.1:1');
    expect(nobody.output).toMatch(/cannot be reached \(.*\): is the receiver running/);
    expect([mismatch.code, unknown.code, nobody.code]).toEqual([1, 1, 1]);
    expect(mismatch.output + unknown.output).not.toMatch(/whsec_/);
  });
});

describe('send, where the event store cannot be asked', () => {
  it('is content with the answer of a receiver elsewhere, and with no other', async () => {
    const away = { ...env, REDIS_URL: 'redis://127.0.0.1:1' };
    const to = ['--to', `http://127.0.0.1:${env['RECEIVER_PORT']}`];
    const [elsewhere, here] = await Promise.all([
      hookline(stage, away, 'send', 'stripe', ...to),
      hookline(stage, away, 'send', 'stripe'),
    ]);
    expect(elsewhere.output).toMatch(/200 in[^]*not followed: Redis cannot be reached/);
    expect(here.output).toMatch(/200 in[^]*hookline: Redis cannot be reached/);
    expect([elsewhere.code, here.code]).toEqual([0, 1]);
  });
});

describe('send --data', () => {
  const text = '{ "id": "evt_exact", "é":1.0 }\n';
  const to = () => ['--to', foreignUrl('/own/path?a=1'), '--secret', '0123'];

  it('sends a file, or JSON, to the letter and genuinely signed, to the address as it is', async () => {
    const file = join(stage.dir, 'event.json');
    writeFileSync(file, text);
    for (const data of [file, text]) {
      const { code, output } = await send('stripe', ...to(), '--data', data);
      expect(output).toContain('200 in');
      expect(code).toBe(0);
      const last = arrived.at(-1);
      expect(last?.body.toString()).toBe(text);
      expect(last?.url).toBe('/own/path?a=1');
      const headers = { 'stripe-signature': String(last?.headers['stripe-signature']) };
      const request = { method: 'POST', url: '/', headers, body: Buffer.from(text) };
      expect(providers.get('stripe')?.verify(request, ['0123'], Date.now())).toEqual({ ok: true });
    }
  });

  it('signs the address that is posted to, for a receiver elsewhere', async () => {
    await send('square', ...to());
    const { url, headers, body } = arrived.at(-1) ?? { url: '', headers: {}, body: Buffer.alloc(0) };
    const name = 'x-square-hmacsha256-signature';
    const request = {
      method: 'POST',
      url: foreignUrl(url),
      body,
      headers: { [name]: String(headers[name]) },
    };
    expect(providers.get('square')?.verify(request, ['0123'], Date.now())).toEqual({ ok: true });
  });

  it('says when an endpoint does not verify, and what has no meaning', async () => {
    const tampered = await send('stripe', ...to(), '--tamper');
    expect(tampered.output).toMatch(
      /not expected: accepted, though its signature does not hold \(mismatch\)/,
    );
    const twice = await send('stripe', ...to(), '--duplicate');
    expect([twice.output, twice.code]).toEqual([expect.stringContaining('the answers do not say'), 0]);
    const neither = await send('stripe', '--data', 'no/such/file');
    expect(neither.output).toContain('--data is neither JSON nor a file that can be read (ENOENT)');
    const same = await send('stripe', '--data', text, '--count', '3');
    expect(same.output).toContain('--data gives the same event each time');
    expect([tampered.code, neither.code, same.code]).toEqual([1, 1, 2]);
  });
});

describe('send --count', () => {
  it('sends so many events of their own at a rate, and sums up', async () => {
    const before = Number((await events()).length);
    const { code, output } = await send('github', 'push', '--count', '60', '--rate', '30', '--duplicate');
    expect(output).toMatch(/│ 200 +│ 120 +│ 60 +│ 120 +│( \d[\d.]* +│){4}/);
    expect(output).toMatch(/p50 +│ p90 +│ p99/);
    expect(output).toMatch(/sent \d+ of 60, \d+ answered/);
    expect(output).toContain('every answer is the one that was to be expected');
    expect(code).toBe(0);
    expect((await events()).length - before).toBe(60);
  });

  it('sends the last one first with --reorder', async () => {
    arrived.length = 0;
    const { code, output } = await send(
      'stripe',
      '--reorder',
      '--count',
      '4',
      '--to',
      foreignUrl('/x'),
      '--secret',
      's',
    );
    const created = arrived.map(({ body }) => (JSON.parse(body.toString()) as { created: number }).created);
    expect(new Set(created).size).toBe(4);
    expect(created).toEqual(created.toSorted((a, b) => b - a));
    expect(output).toContain('4 events, the last one first');
    expect(code).toBe(0);
  });

  it('counts what was not to be expected, and fails', async () => {
    status = 503;
    const to = ['--to', foreignUrl('/x'), '--secret', 's'];
    const { code, output } = await send('stripe', '--count', '5', ...to).finally(() => (status = 200));
    expect(output).toMatch(/│ 503 +│ 5 +│ 0 +│ 0 +│/);
    expect(output).toMatch(/503: the event could not be kept/);
    expect(output).toContain('not expected: 5 of 5 answers');
    expect(code).toBe(1);
  });

  const events = async () =>
    (await hookline(stage, env, 'events', 'list', '--count', '1000')).output.match(/github\./g) ?? [];
});

describe('send, asked for what there is not', () => {
  it.each([
    [['nobody'], /no provider is named 'nobody'; choose one of .*stripe/],
    [['stripe', 'no.such.type'], /no sample of 'no\.such\.type' for stripe; choose one of .*invoice/],
    [
      ['stripe', '--source', 'other'],
      /no source is named 'other' \(known: .*stripe.*\); set WEBHOOK_SECRET_OTHER, or run 'npm start'/,
    ],
    [
      ['slack', '--source', 'stripe'],
      /the source stripe is of the provider stripe: use 'send stripe --source stripe'/,
    ],
    [['stripe', '--secret', 's'], /add --to/],
    [['stripe', '--to', 'here'], /--to is no web address/],
    [[], /name the provider/],
  ])('%j says what there is', async (args, message) => {
    const { code, output } = await send(...args);
    expect(output).toMatch(message);
    // A source that there is not, yet: what was typed may be right, and the settings are not.
    expect(code).toBe(args.includes('other') ? 1 : 2);
  });

  it('lists the providers and their samples, without any setting', async () => {
    const all = await hookline(stage, {}, 'send', '--list');
    for (const { name, sampleTypes } of providers.values())
      expect(all.output).toMatch(
        new RegExp(`^${name} +${sampleTypes.join(', ').replaceAll('.', '\\.')}$`, 'm'),
      );
    const one = await hookline(stage, {}, 'send', '--list', 'stripe');
    expect(one.output.trim().split('\n')).toEqual(providers.get('stripe')?.sampleTypes);
    expect([all.code, one.code]).toEqual([0, 0]);
  });
});

describe('send --sample', () => {
  it('sends what events sample saved, signed anew', async () => {
    const sent = await send('github');
    const [, id = ''] = /(github\.[\w-]+)/.exec(sent.output) ?? [];
    const saved = await hookline(stage, env, 'events', 'sample', id);
    expect([saved.code, saved.output]).toEqual([0, expect.not.stringContaining('sha256=')]);
    const file = join(stage.dir, 'sample.json');
    writeFileSync(file, saved.output);
    const again = await send('--sample', file, '--to', foreignUrl(), '--secret', 'gh-of-others');
    expect([again.code, again.output]).toEqual([0, expect.stringContaining('signed now')]);
    const { headers, body } = arrived.at(-1) ?? { headers: {}, body: Buffer.alloc(0) };
    const request = { method: 'POST', url: '/', headers: headers as Record<string, string>, body };
    const github = providers.get('github');
    expect(github?.verify(request, ['gh-of-others'], Date.now())).toEqual({ ok: true });
    expect(github?.verify(request, ['gh-of-send'], Date.now())).toMatchObject({ ok: false });
    expect(body.toString()).toBe((JSON.parse(saved.output) as { body: string }).body);

    const refused = async (...args: string[]) => {
      const { code, output } = await send(...args);
      return `${code} ${output}`;
    };
    expect(await refused('stripe', '--sample', file)).toMatch(/^2 .*leave the provider and type out/);
    expect(await refused('--sample', file, '--data', '{}')).toMatch(/^2 .*a body of its own/);
    expect(await refused('--sample', '/nowhere')).toMatch(/^1 .*cannot be read/);
    writeFileSync(file, '{}');
    expect(await refused('--sample', file)).toMatch(/^1 .*is no saved sample: write one with 'events sample/);
    expect((await hookline(stage, env, 'events', 'sample', 'never')).code).toBe(1);
  });
});
