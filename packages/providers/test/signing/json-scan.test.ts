import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isJson } from '../../src/signing/json-scan.ts';

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('scanning JSON', () => {
  it('takes what JSON.parse takes', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom(undefined, 1, '\t'), (json, space) => {
        expect(isJson(Buffer.from(json))).toBe(true);
        expect(isJson(Buffer.from(JSON.stringify(JSON.parse(json), null, space)))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('refuses what JSON.parse refuses: one letter of a text was taken away, doubled or replaced', () => {
    const letter = fc.constantFrom(...'{}[]",:\\\n\t -+.0123456789eEtrufalsn/b\u0000\u00e9');
    const step = fc.record({ at: fc.nat(), how: fc.constantFrom('drop', 'double', 'put'), letter });
    fc.assert(
      fc.property(fc.json(), fc.array(step, { minLength: 1, maxLength: 3 }), (json, steps) => {
        let text = json;
        for (const { at, how, letter: put } of steps) {
          const place = at % (text.length + 1);
          const own = text.slice(place, place + 1);
          const middle = { drop: '', double: own + own, put }[how] ?? '';
          text = text.slice(0, place) + middle + text.slice(place + 1);
        }
        const bytes = Buffer.from(text);
        expect([text, isJson(bytes)]).toEqual([text, parses(bytes.toString())]);
      }),
      { numRuns: 20_000 },
    );
  });

  it.each([
    '',
    ' ',
    '-',
    '01',
    '1.',
    '1e',
    '.5',
    '"\\x"',
    '"\\u12"',
    'nul',
    '[1,]',
    '{"a"}',
    '{"a":1,}',
    '\ufeff{}',
  ])('refuses %j', (text) => {
    expect([isJson(Buffer.from(text)), parses(text)]).toEqual([false, false]);
  });
});
