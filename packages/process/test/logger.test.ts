import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { redact } from '../src/redact.ts';
import { prettyLines } from '../src/pretty.ts';

const fixture = join(import.meta.dirname, 'fixtures/log.mjs');
type Line = readonly [severity: string, message: string, fields?: Readonly<Record<string, unknown>>];

/** What a real process with this logger writes to standard output. */
function written(options: { json?: boolean; level?: string }, ...lines: readonly Line[]): string[] {
  const child = spawnSync(process.execPath, [fixture, JSON.stringify({ options, lines })], {
    encoding: 'utf8',
  });
  expect(child).toMatchObject({ status: 0, stderr: '' });
  return child.stdout.split('\n').slice(0, -1);
}

describe('createLogger', () => {
  it('writes JSON lines for machines', () => {
    const lines = written({ json: true }, ['info', 'ready %s', { url: 'http://h' }], ['warn', 'a\nb']);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        level: 30,
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        name: 'fixture',
        url: 'http://h',
        msg: 'ready %s',
      },
      { level: 40, time: expect.any(String), name: 'fixture', msg: 'a\nb' },
    ]);
  });

  it('writes one readable line each for people', () => {
    const [line, ...others] = written({}, [
      'error',
      'it broke',
      { url: 'http://h', why: 'too far', n: 1, list: ['a'] },
    ]);
    expect(others).toEqual([]);
    expect(line).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} error fixture: it broke {2}url=http:\/\/h {2}why="too far" {2}n=1 {2}list=\["a"\]$/,
    );
  });

  it.each(['debug', 'info', 'warn', 'error', 'silent'])('writes nothing below the level %s', (level) => {
    const all = ['debug', 'info', 'warn', 'error'];
    const lines = written({ level, json: true }, ...all.map((severity): Line => [severity, severity]));
    const expected = level === 'silent' ? [] : all.slice(all.indexOf(level));
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(expected);
  });

  it.each([true, false])('hides secrets at every depth (json: %s)', (json) => {
    const deep = { a: { b: [{ c: { d: [{ apiKey: 'hush', seen: 'yes' }] } }] } };
    const keys = [
      'password',
      'Authorization',
      'set-cookie',
      'clientSecret',
      'x-signature',
      'accessToken',
      'api_key',
    ];
    const fields = {
      deep,
      ...Object.fromEntries(keys.map((key) => [key, 'hush'])),
      secret: { inner: 'hush' },
    };
    const [line] = written({ json }, ['info', 'look', fields]);
    expect(line).not.toContain('hush');
    expect(line).toContain('yes');
    expect(line?.match(/\[hidden\]/g)).toHaveLength(keys.length + 2);
  });

  it('lets no field pass for what the line has by itself', () => {
    const forged = { level: 50, name: 'receiver', msg: 'forged', time: 'never' };
    const [json] = written({ json: true }, ['info', 'true', forged]);
    expect(json?.match(/"(level|name|msg|time)":/g)).toHaveLength(4);
    expect(JSON.parse(json ?? '')).toMatchObject({
      level: 30,
      name: 'fixture',
      msg: 'true',
      level_: 50,
      msg_: 'forged',
    });
    expect(written({}, ['info', 'true', forged])[0]).toMatch(
      /info {2}fixture: true {2}level_=50 {2}name_=receiver/,
    );
  });
});

describe('the lines of a process that ends', () => {
  const many = Array.from({ length: 500 }, (_, at): Line => ['info', 'accepted', { event: `evt_${at}`, at }]);
  const end = (ends: string, lines: readonly Line[]) =>
    spawn(process.execPath, [fixture, JSON.stringify({ options: { json: true }, lines, ends })], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  async function all(child: ReturnType<typeof end>): Promise<readonly unknown[]> {
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (more: string) => (text += more));
    await once(child, 'close');
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as { at?: number }).at);
  }

  it.each(['by itself', 'throwing', 'exiting'])('%s are all there, in order', async (ends) => {
    expect(await all(end(ends, many))).toEqual(many.map((_, at) => at));
  });

  it('by a kill are there up to the last warning or error, and a moment later all of them', async () => {
    const lines: Line[] = [...many, ['warn', 'look', { at: 500 }], ['info', 'later', { at: 501 }]];
    for (const [line, count] of [
      ['"at":500', 501],
      ['"at":501', 502],
    ] as const) {
      const child = end('killed', lines);
      let text = '';
      child.stdout?.on('data', (more: Buffer) => {
        text += more.toString();
        if (text.includes(line)) child.kill('SIGKILL');
      });
      const seen = await all(child);
      expect(seen.slice(0, count)).toEqual(lines.slice(0, count).map((_, at) => at));
    }
  });
});

describe('a line whose fields are plain', () => {
  const odd: Record<string, unknown> = {
    quoted: 'a"b\\\n\u2028é\ud800',
    none: undefined,
    infinite: Number.POSITIVE_INFINITY,
    yes: true,
    nil: 0,
  };

  it('is the same as one whose fields had to be looked into', () => {
    const [plain, looked] = written(
      { json: true },
      ['info', 'm', odd],
      ['info', 'm', { ...odd, list: [] }],
    ).map((line) => line.replace(/"time":"[^"]*",/, ''));
    expect(looked?.replace(',"list":[]', '')).toBe(plain);
  });

  it('still hides what looks like a secret by its key, also the second time', () => {
    const [first, second] = written(
      { json: true },
      ['info', 'm', { id: 1, token: 'hush' }],
      ['info', 'm', { id: 1, token: 'hush' }],
    );
    for (const line of [first, second])
      expect(JSON.parse(line ?? '')).toMatchObject({ id: 1, token: '[hidden]' });
  });
});

describe('a readable line', () => {
  function readable(entry: Readonly<Record<string, unknown>>): string {
    let text = '';
    const out = new Writable({
      write(chunk: Buffer, _, done) {
        text += chunk.toString();
        done();
      },
    });
    const head = { level: 30, time: '2026-01-02T03:04:05.678Z', name: 'p' };
    prettyLines(out).write(JSON.stringify({ ...head, ...entry }));
    return text;
  }

  it('is one line of visible text, whatever senders wrote', () => {
    const nasty = fc.string({
      unit: fc.constantFrom(
        '\n',
        '\r',
        '\u001b',
        '\u009b',
        '\u2028',
        '\u2029',
        '\u0085',
        '\u202e',
        '\0',
        'a',
        '"',
      ),
    });
    fc.assert(
      fc.property(nasty, nasty, nasty, (msg, key, value) => {
        const text = readable({ msg, [`k${key}`]: value, nested: { value } });
        expect(text).toMatch(/^03:04:05\.678 info {2}p: .*\n$/);
        expect(text.slice(0, -1)).not.toMatch(/[\p{Cc}\u2028\u2029\u202e]/u);
      }),
    );
  });
});

describe('redact', () => {
  it('keeps what explains an error, and none of what HTTP clients hang on it', () => {
    const cause = Object.assign(new TypeError('inner'), { code: 'ECONNREFUSED' });
    const error = Object.assign(new Error('outer', { cause }), {
      config: { headers: { authorization: 'hush' } },
    });
    const shown = redact({ error });
    expect(shown).toEqual({
      error: {
        name: 'Error',
        message: 'outer: inner',
        stack: expect.stringContaining('logger.test'),
        cause: {
          name: 'TypeError',
          message: 'inner',
          stack: expect.any(String),
          code: 'ECONNREFUSED',
        },
      },
    });
  });

  it('hides secrets in maps, instances and objects without a prototype', () => {
    class Client {
      readonly token = 'hush';
    }
    const bare: unknown = Object.assign(Object.create(null), { cookie: 'hush' });
    const all = {
      bare,
      client: new Client(),
      map: new Map([['secret', 'hush']]),
      set: new Set([new Client()]),
    };
    expect(JSON.stringify(redact(all))).not.toContain('hush');
  });

  it('takes what cannot be shown, and shows the rest', () => {
    const circular: Record<string, unknown> = { at: new Date(0), bytes: Buffer.from('body') };
    circular['self'] = circular;
    circular['bad'] = {
      get field() {
        throw new Error('no');
      },
    };
    expect(redact(circular)).toEqual({
      at: '1970-01-01T00:00:00.000Z',
      bytes: '[4 bytes]',
      self: '[circular]',
      bad: '[unreadable]',
    });
    const deep = Array.from({ length: 50 }).reduce<unknown>((inner) => ({ inner }), { password: 'hush' });
    expect(JSON.stringify(redact(deep))).toMatch(/"\[deeper\]"/);
    expect(JSON.stringify(redact(deep))).not.toContain('hush');
  });
});
