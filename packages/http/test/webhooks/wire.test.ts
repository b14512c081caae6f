import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { rawHead, rawPost, signed, sourceOf, startReceiver, stopAll, until, type Wire } from './harness.ts';

const stripe = sourceOf('stripe');
const sources = [stripe];
const PATH = '/webhooks/stripe';
const event = (id: string, filler = '') => JSON.stringify({ id, type: 'invoice.paid', filler });
const post = (id: string, filler = '') => {
  const body = event(id, filler);
  return rawPost(PATH, signed(stripe, body), body);
};
/** A signature that has to be judged before anybody knows that it is wrong. */
const FORGED = { 'stripe-signature': 't=1,v1=00' };
/** All but the last byte of a request: the receiver holds the rest until it ends. */
const unfinished = (id: string, filler: string) => post(id, filler).subarray(0, -1);

const rejections: unknown[] = [];
const remember = (reason: unknown) => rejections.push(reason);
beforeEach(() => void process.on('unhandledRejection', remember).on('uncaughtException', remember));
afterEach(async () => {
  await stopAll();
  process.off('unhandledRejection', remember).off('uncaughtException', remember);
  expect(rejections.splice(0)).toEqual([]);
});

/** Sends without end until the answer is there, and then on for a while, as a client that does not listen does. */
async function pour(line: Wire, chunk: Buffer): Promise<void> {
  let pouring = true;
  const more = () => {
    while (pouring && !line.socket.destroyed && line.socket.write(chunk));
  };
  line.socket.on('drain', more);
  more();
  await until('an answer in mid-sending', () => line.text.endsWith('}') || line.closed);
  pouring = false;
}

describe('a body that is too large', () => {
  const LIMIT = 100_000;

  it('is refused by its announced length; the answer arrives while it is still sent, and the connection ends', async () => {
    const { wire, memory } = await startReceiver({ sources, bodyLimit: LIMIT });
    const line = wire().send(rawHead('POST', PATH, { ...FORGED, 'content-length': String(2 ** 40) }));
    await pour(line, Buffer.alloc(65_536, 'x'));
    expect([line.statuses, line.error]).toEqual([[413], undefined]);
    expect(line.text).toMatch(/^connection: close\r$/im);
    expect(line.text).toContain(`The most is ${LIMIT} bytes.`);
    await until('the end of the connection', () => line.ended || line.closed);
    expect(memory.calls).toBe(0);
  });

  it('is refused as it comes when it is sent in chunks', async () => {
    const { wire, memory } = await startReceiver({ sources, bodyLimit: LIMIT });
    const line = wire().send(rawHead('POST', PATH, { ...FORGED, 'transfer-encoding': 'chunked' }));
    await pour(
      line,
      Buffer.concat([Buffer.from('4000\r\n'), Buffer.alloc(0x4000, 'x'), Buffer.from('\r\n')]),
    );
    expect([line.statuses, line.error]).toEqual([[413], undefined]);
    expect(line.text).toMatch(/^connection: close\r$/im);
    await until('the end of the connection', () => line.ended || line.closed);
    expect(memory.calls).toBe(0);
  });

  it('is not read where its signature is not there: a stranger is refused while the first bytes come', async () => {
    const { wire, memory } = await startReceiver({ sources });
    for (const length of [{ 'content-length': '100000000' }, { 'transfer-encoding': 'chunked' }]) {
      const line = wire().send(rawHead('POST', PATH, length));
      await pour(
        line,
        Buffer.concat([Buffer.from('4000\r\n'), Buffer.alloc(0x4000, 'x'), Buffer.from('\r\n')]),
      );
      expect([line.statuses, line.error]).toEqual([[401], undefined]);
      expect(line.text).toContain('"reason":"missing"');
      await until('the end of the connection', () => line.ended || line.closed);
    }
    expect(memory.calls).toBe(0);
  });

  it('is one of 17 KiB already where its signature is not there, before any of it has come', async () => {
    const { wire, memory } = await startReceiver({ sources });
    const line = wire().send(rawHead('POST', PATH, { 'content-length': String(17 * 1_024) }));
    expect(await line.answers(1)).toEqual([401]);
    expect(line.text).toContain('"reason":"missing"');
    expect(memory.calls).toBe(0);
  });

  it('is what its provider or its source says', async () => {
    const small = sourceOf('stripe', { bodyLimit: 600 });
    const { wire } = await startReceiver({ sources: [small] });
    const sent = (filler: string) => {
      const body = event('evt_1', filler);
      return wire()
        .send(rawPost(PATH, signed(small, body), body))
        .answers(1);
    };
    expect(await sent('x'.repeat(500))).toEqual([200]);
    expect(await sent('x'.repeat(600))).toEqual([413]);
  });

  it('is refused at an unknown address too, without being read for ever', async () => {
    const { wire } = await startReceiver({ sources });
    const line = wire().send(rawHead('POST', '/webhooks/nobody', { 'content-length': String(2 ** 40) }));
    await pour(line, Buffer.alloc(65_536, 'x'));
    expect([line.statuses, line.error]).toEqual([[404], undefined]);
    await until('the end of the connection', () => line.ended || line.closed);
  });

  it('ends as soon as the sender hangs up', async () => {
    const { wire, connections } = await startReceiver({ sources, bodyLimit: LIMIT });
    const line = wire().send(rawHead('POST', PATH, { ...FORGED, 'content-length': '200000' }));
    expect(await line.answers(1)).toEqual([413]);
    line.socket.destroy();
    let open = 1;
    await until(
      'no connection',
      () => (void connections().then((count) => (open = count)), open === 0),
      1_000,
    );
  });
});

describe('the bytes that are held at once', () => {
  const filler = 'x'.repeat(600);
  const large = JSON.stringify({ id: 'evt_large', type: 'invoice.paid', filler: 'x'.repeat(100_000) });

  it('are bounded: what comes on top is asked to come again, and is taken once there is room', async () => {
    const { wire, memory } = await startReceiver({ sources, bytesInFlight: 1_000 });
    const first = wire().send(unfinished('evt_1', filler));
    const second = wire();
    await until('the first body to be held', () => {
      second.send(post('evt_2', filler));
      return second.statuses.length > 0;
    });
    await second.answers(1);
    expect(second.statuses[0]).toBe(429);
    expect(second.text).toMatch(/^retry-after: 2\r$/m);
    expect(memory.calls).toBe(0);
    first.send('}');
    expect(await first.answers(1)).toEqual([200]);
    expect(await wire().send(post('evt_2', filler)).answers(1)).toEqual([200]);
  });

  it('were all taken by one sender whose bodies never end: others have their share', async () => {
    const { wire, memory } = await startReceiver({ sources, bytesInFlight: 2 ** 20, trustedProxies: 1 });
    const from = (address: string, announced: number, sent: number) =>
      wire().send(
        Buffer.concat([
          rawHead('POST', PATH, {
            ...signed(stripe, large),
            'x-forwarded-for': address,
            'content-length': String(announced),
          }),
          Buffer.from(large.slice(0, sent)),
        ]),
      );
    const greedy = Array.from({ length: 31 }, () => from('203.0.113.1', large.length, large.length - 1));
    await until('some of them to be sent away', () => greedy.some(({ statuses }) => statuses[0] === 429));
    expect(await from('203.0.113.2', large.length, large.length).answers(1)).toEqual([200]);
    expect(memory.calls).toBe(1);
  });

  it('are given back after every kind of end', async () => {
    const { wire, memory } = await startReceiver({ sources, bytesInFlight: 1_000, bodyLimit: 900 });
    for (let round = 0; round < 4; round += 1) {
      expect(
        await wire()
          .send(post(`evt_${round}`, filler))
          .answers(1),
      ).toEqual([200]);
      expect(
        await wire()
          .send(rawPost(PATH, {}, filler))
          .answers(1),
      ).toEqual([401]);
      const large = wire().send(rawHead('POST', PATH, { 'transfer-encoding': 'chunked' }));
      large.send(`258\r\n${filler}\r\n`).send(`258\r\n${filler}\r\n`);
      expect(await large.answers(1)).toEqual([413]);
    }
    expect(memory.events).toHaveLength(4);
  });

  it('are given back when senders go away in mid-body', async () => {
    const { wire, memory, connections, log } = await startReceiver({ sources, bytesInFlight: 1_000 });
    for (const end of ['destroy', 'resetAndDestroy', 'end'] as const) {
      const line = wire().send(unfinished(`evt_${end}`, filler));
      await until('the body to be held', () => line.socket.bytesWritten > 600);
      line.socket[end]();
      let open = 1;
      await until(
        'the connection to be gone',
        () => (void connections().then((count) => (open = count)), open === 0),
      );
      expect(line.statuses.filter((status) => status < 400)).toEqual([]);
    }
    expect(await wire().send(post('evt_after', filler)).answers(1)).toEqual([200]);
    expect(memory.calls).toBe(1);
    expect(log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('count until the answer, for the store holds them too', async () => {
    const { wire, memory } = await startReceiver({ sources, bytesInFlight: 1_000 });
    memory.state = 'hung';
    const first = wire().send(post('evt_1', filler));
    await until('the store to be asked', () => memory.calls === 1);
    expect(await wire().send(post('evt_2', filler)).answers(1)).toEqual([429]);
    expect(await first.answers(1)).toEqual([503]);
    memory.state = 'up';
    expect(await wire().send(post('evt_2', filler)).answers(1)).toEqual([200]);
  });
});

describe('a body that does not come', () => {
  it('is given up after its deadline', async () => {
    const { wire, memory } = await startReceiver({ sources, bytesInFlight: 1_000, bodyDeadline: 50 });
    const line = wire().send(unfinished('evt_1', 'x'.repeat(600)));
    expect(await line.answers(1)).toEqual([408]);
    expect(line.text).toContain('"error":"body_too_slow"');
    expect(line.text).toMatch(/^connection: close\r$/im);
    await until('the end of the connection', () => line.ended || line.closed);
    expect(memory.calls).toBe(0);
    expect(
      await wire()
        .send(post('evt_2', 'x'.repeat(600)))
        .answers(1),
    ).toEqual([200]);
  });
});

describe('one connection', () => {
  it('carries on after refusals whose body was short', async () => {
    const { wire } = await startReceiver({ sources });
    const line = wire();
    const refused = [
      [401, rawPost(PATH, {}, 'x')],
      [404, rawPost('/webhooks/nobody', {}, 'x'.repeat(1_000))],
      [404, rawPost('/elsewhere', {}, 'x')],
      [405, rawPost(PATH, {}, 'x').toString().replace('POST', 'PUT')],
      [404, rawHead('GET', '/webhooks/nobody', {})],
    ] as const;
    const expected: number[] = [];
    for (const [index, [status, request]] of refused.entries()) {
      line.send(request).send(post(`evt_${index}`));
      expected.push(status, 200);
      expect(await line.answers(expected.length)).toEqual(expected);
    }
    expect(line.text).not.toMatch(/^connection: close\r$/im);
  });

  it('may carry requests before the answers to the ones ahead of them: each gets its own, in order', async () => {
    const { wire, memory } = await startReceiver({ sources });
    const line = wire().send(
      Buffer.concat([
        post('evt_1'),
        rawPost(PATH, {}, 'x'),
        post('evt_2'),
        post('evt_1'),
        rawPost('/none', {}, ''),
      ]),
    );
    expect(await line.answers(5)).toEqual([200, 401, 200, 200, 404]);
    expect(
      [...line.text.matchAll(/"id":"([^"]+)","duplicate":(\w+)/g)].map(([, id, again]) => [id, again]),
    ).toEqual([
      ['stripe.evt_1', 'false'],
      ['stripe.evt_2', 'false'],
      ['stripe.evt_1', 'true'],
    ]);
    expect(memory.events).toHaveLength(2);
  });

  it('is asked to go on where the sender waits for that', async () => {
    const { wire } = await startReceiver({ sources });
    const body = event('evt_1');
    const line = wire().send(
      rawHead('POST', PATH, {
        ...signed(stripe, body),
        expect: '100-continue',
        'content-length': String(body.length),
      }),
    );
    await until('100 Continue', () => line.text.startsWith('HTTP/1.1 100 Continue\r\n\r\n'));
    expect(await line.send(body).answers(1)).toEqual([100, 200]);
  });

  it.each([
    ['two lengths', ['content-length: 1', 'content-length: 2']],
    ['a length that is no number', ['content-length: 1e3']],
    ['a length and chunks', ['content-length: 4', 'transfer-encoding: chunked']],
    ['an unknown transfer encoding', ['transfer-encoding: gzip, x']],
  ])('ends at %s, which could hide a second request', async (_what, lines) => {
    const { wire, memory } = await startReceiver({ sources });
    const head = ['POST /webhooks/stripe HTTP/1.1', 'host: x', ...lines].join('\r\n');
    const line = wire().send(`${head}\r\n\r\n0\r\n\r\n`).send(post('evt_hidden'));
    await until('the end of the connection', () => line.ended || line.closed);
    expect(line.statuses.slice(0, 1)).toEqual([400]);
    expect(line.text).not.toContain('"received":true');
    expect(memory.calls).toBe(0);
  });

  it('may go away before its answer: the event is kept, and nothing breaks', async () => {
    const { wire, memory, log } = await startReceiver({ sources });
    memory.state = 'hung';
    const line = wire().send(post('evt_1'));
    await until('the store to be asked', () => memory.calls === 1);
    line.socket.resetAndDestroy();
    await until('the end of the connection', () => line.closed);
    memory.state = 'up';
    await until('the event to be kept', () => memory.events.length === 1);
    expect(log.lines.filter(({ level }) => level === 'error')).toEqual([]);
    const again = wire().send(post('evt_1'));
    expect(await again.answers(1)).toEqual([200]);
    expect(again.text).toContain('"duplicate":true');
  });
});
