import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { scriptNamed } from '../../src/bullmq/add-job.ts';
import { SCRIPTS, type ScriptCalls } from '../../src/client/all-scripts.ts';
import { createKeys, KEY_PATTERNS, keyFunctions } from '../../src/client/keys.ts';
import { composeLua, decodeReply, encodeCall } from '../../src/client/script-call.ts';
import type { ScriptText } from '../../src/client/script.ts';
import { openBench, type Bench } from '../support.ts';

let bench: Bench;
beforeAll(() => {
  bench = openBench();
});
afterAll(() => bench.close());

describe('each script', () => {
  it.each(Object.keys(SCRIPTS) as (keyof ScriptCalls)[])('%s is Lua that Redis takes', async (name) => {
    const { lua, sha } = scriptNamed(name);
    expect(await bench.redis.script('LOAD', lua)).toBe(sha);
  });

  it.each(Object.keys(SCRIPTS) as (keyof ScriptCalls)[])('%s uses no name that nothing defines', (name) => {
    const { lua } = scriptNamed(name);
    const defined = new Set([...lua.matchAll(/local function (\w+)\(/g)].map(([, found]) => found));
    const used = [...lua.matchAll(/\b(\w+KeyOf|add[A-Z]\w*|takeList|sliceOf)\(/g)].map(([, found]) => found);
    expect(used.filter((found) => !defined.has(found) && !lua.includes(`row.${found} =`))).toEqual([]);
  });
});

/** Answers with everything that it was given, by name. */
const ECHO: ScriptText = {
  include: [],
  keys: ['first', 'second'],
  args: ['one', 'two'],
  lists: ['some', 'others'],
  bullmq: [],
  add: ['job'],
  each: [{ name: 'rows', args: ['a', 'b'], lists: ['parts'], add: ['run'] }],
  reply: 'raw',
  lua: `
local given = {}
for i, row in ipairs(rows) do given[i] = { row.a, row.b, row.parts, row.addRun('data') } end
return { prefix, firstKey, secondKey, one, two, some, others, addJob(), given }`,
};
/** In place of BullMQ's: says what it would have been called with. */
const TELL = 'local add = { tell = function(keys, args) return { keys, args } end }';

describe('the names of a call', () => {
  const text = fc.string({ maxLength: 8 });
  const texts = fc.array(text, { maxLength: 5 });
  const addition = fc.record({
    script: fc.constant('tell'),
    keys: texts,
    args: fc.array(text, { minLength: 3, maxLength: 3 }),
  });
  const row = fc.record({ a: text, b: text, parts: texts, run: addition });

  it('are those of the script, whatever stands beside them', async () => {
    const lua = composeLua(ECHO, {}, { add: TELL });
    const call = fc.record({
      keys: fc.record({ first: text, second: text }),
      args: fc.record({ one: text, two: text }),
      lists: fc.record({ some: texts, others: texts }),
      add: fc.record({ job: addition }),
      each: fc.record({ rows: fc.array(row, { maxLength: 4 }) }),
    });
    await fc.assert(
      fc.asyncProperty(call, async (given) => {
        const { keys, args } = encodeCall(ECHO, '{p}', given);
        const { first, second } = given.keys;
        const { job } = given.add;
        expect(await bench.redis.eval(lua, keys.length, ...keys, ...args)).toEqual([
          '{p}',
          first,
          second,
          given.args.one,
          given.args.two,
          given.lists.some,
          given.lists.others,
          [job.keys, job.args],
          given.each.rows.map(({ a, b, parts, run }) => [
            a,
            b,
            parts,
            [run.keys, [run.args[0], 'data', run.args[2]]],
          ]),
        ]);
      }),
      { numRuns: 200 },
    );
  });

  it('may leave a job out that the script does not always add', async () => {
    const script = { ...ECHO, lua: 'return { one, some, others, #rows }' };
    const { keys, args } = encodeCall(script, '{p}', {
      args: { one: 'x', two: '' },
      lists: { some: ['s'], others: [] },
    });
    const lua = composeLua(script, {}, { add: TELL });
    expect(await bench.redis.eval(lua, keys.length, ...keys, ...args)).toEqual(['x', ['s'], [], 0]);
  });

  it.each([
    ['word', Buffer.from('kept'), 'kept'],
    ['integer', 3, 3],
    ['tagged', [Buffer.from('open'), 2], ['open', 2]],
    ['raw', [Buffer.from('x')], [Buffer.from('x')]],
  ] as const)('of a reply that is %s are read', (reply, given, expected) => {
    expect(decodeReply({ ...ECHO, reply }, given)).toEqual(expected);
  });
});

describe('a key', () => {
  it('is the same from TypeScript and from Lua', async () => {
    const keys = createKeys('{p}');
    for (const [name, pattern] of Object.entries(KEY_PATTERNS)) {
      const values = [...pattern.matchAll(/\{\w+\}/g)].map((_, index) => `v${index}`);
      const key = keys[name as keyof typeof KEY_PATTERNS] as string | ((...given: string[]) => string);
      const call = `${name}KeyOf(${values.map((value) => `'${value}'`).join(', ')})`;
      const lua = `local prefix = '{p}'\n${keyFunctions(call)}\nreturn ${call}`;
      expect(await bench.redis.eval(lua, 0)).toBe(typeof key === 'string' ? key : key(...values));
    }
  });

  it('of one pattern is no key of another', () => {
    const patterns = Object.values(KEY_PATTERNS).map((pattern) => pattern.replaceAll(/\{\w+\}/g, '*'));
    expect(new Set(patterns).size).toBe(patterns.length);
  });
});
