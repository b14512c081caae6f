import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { elementsOf, jsonText, namesOf, scalarAt, sliceAt } from '../../src/signing/json-text.ts';

function at(text: string, path: readonly string[]): string | undefined {
  const json = jsonText(Buffer.from(text));
  const slice = json && sliceAt(json, path);
  return json && slice && json.bytes.toString('utf8', slice.start, slice.end);
}
function scalar(text: string, path: readonly string[]): string | undefined {
  const json = jsonText(Buffer.from(text));
  const slice = json && sliceAt(json, path);
  return json && slice && scalarAt(json, slice);
}

describe('a JSON text that is read where it stands', () => {
  it('gives the bytes at a path', () => {
    const text = ' { "a\\u0062" : { "x" : [ 1 , {"y" : "é, ]}\\"" } ] } , "n" : -1.50e2 } ';
    expect(at(text, ['ab'])).toBe('{ "x" : [ 1 , {"y" : "é, ]}\\"" } ] }');
    expect(at(text, ['ab', 'x'])).toBe('[ 1 , {"y" : "é, ]}\\"" } ]');
    expect(at(text, ['n'])).toBe('-1.50e2');
    expect(at(text, [])).toBe(text.trim());
    for (const path of [['x'], ['ab', 'x', '*'], ['n', 'x'], ['__proto__'], ['constructor']])
      expect(at(text, path)).toBeUndefined();
    expect(at('{"a":[{"b":1}]}', ['a', '*', 'b'])).toBe('1');
    expect(at('{"a":[]}', ['a', '*'])).toBeUndefined();
  });

  it('keeps whole numbers whole, whatever their size, and has no text for others', () => {
    expect(scalar('{"n":123456789012345678901234567890}', ['n'])).toBe('123456789012345678901234567890');
    expect(scalar('{"n":-0}', ['n'])).toBe('-0');
    expect(scalar('{"n":true}', ['n'])).toBe('true');
    expect(scalar('{"n":"\\u00e9"}', ['n'])).toBe('é');
    for (const value of ['1.0', '1e3', 'null', '""', '{}', '[]', '1'.repeat(200)])
      expect(scalar(`{"n":${value}}`, ['n'])).toBeUndefined();
  });

  it('has the last of two values with one name, as JSON.parse does', () =>
    expect(at('{"id":1,"id":2,"i\\u0064":3}', ['id'])).toBe('3'));

  it.each([1, 31, 32, 33, 10_000])(
    'finds each of %i members, the last of a name, however it is written',
    (count) => {
      const others = Array.from({ length: count - 1 }, (_, index) => `"n${index}" : [${index}]`);
      const within = (id: string) => `{"id": 0, "in": {${[...others, id].join(', ')}}}`;
      for (const name of ['id', 'i\\u0064', '\\u0069\\u0064']) {
        const text = `{${[...others, `"${name}" : "x,}"`].join(' , ')} }`;
        expect([name, at(text, ['id'])]).toEqual([name, '"x,}"']);
        expect([name, at(within(`"${name}":7`), ['in', 'id'])]).toEqual([name, '7']);
        if (count > 1) expect(at(text, [`n${count - 2}`])).toBe(`[${count - 2}]`);
      }
      const missing = [...others, '"idx":1'].join();
      for (const name of ['id', 'idx2', 'i', '', 'é', '__proto__'])
        expect(at(`{${missing}}`, [name])).toBeUndefined();
    },
  );

  it('finds none among more members than are read, in whatever object they are', () => {
    const members = Array.from({ length: 10_001 }, (_, index) => `"n${index}":1`).join();
    expect(at(`{${members}}`, ['n0'])).toBeUndefined();
    expect(at(`{"in":{${members}},"id":2}`, ['in', 'n0'])).toBeUndefined();
    expect(at(`{"in":{${members}},"id":2}`, ['id'])).toBe('2');
  });

  it('has names that are no ASCII', () => {
    const text = '{"é":1,"\\u00e9x":2,"日本":3,"😀":4,"a\\\\b":5,"":6}';
    const names = ['é', 'éx', '日本', '😀', 'a\\b', ''];
    expect(names.map((name) => at(text, [name]))).toEqual(['1', '2', '3', '4', '5', '6']);
  });

  it('is none that JSON.parse refuses, or that is not UTF-8', () => {
    for (const text of ['', '{', '{"a":1,}', "{'a':1}", '[1 2]', '\ufeff{}', '{"a":01}'])
      expect(jsonText(Buffer.from(text))).toBeUndefined();
    expect(jsonText(Buffer.from('{"a":"\xff"}', 'latin1'))).toBeUndefined();
  });

  it('is none when it is deeper than any provider writes, and has no more elements than are wanted', () => {
    const deep = Buffer.from('['.repeat(100_000) + ']'.repeat(100_000));
    expect(jsonText(deep)).toBeUndefined();
    const json = jsonText(Buffer.from('['.repeat(500) + ']'.repeat(500)));
    expect(json && elementsOf(json, json.root, 1)).toEqual([{ start: 1, end: 999 }]);
    const list = jsonText(Buffer.from('[1,2,3]'));
    expect(list && elementsOf(list, list.root, 2)).toBeUndefined();
  });

  it('says of every JSON what JSON.parse says', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), fc.constantFrom(undefined, 1, '\t', ' \n '), (text, space) => {
        const value: unknown = JSON.parse(text);
        const bytes = Buffer.from(JSON.stringify(value, null, space));
        const json = jsonText(bytes);
        if (json === undefined) throw new Error('no JSON');
        const read = (from = json.root) =>
          JSON.parse(bytes.toString('utf8', from.start, from.end)) as unknown;
        expect(read()).toEqual(value);
        if (Array.isArray(value))
          expect(elementsOf(json, json.root, 1e6)?.map((each) => read(each))).toEqual(value);
        else if (typeof value === 'object' && value !== null) {
          expect(namesOf(json, json.root)).toEqual(Object.keys(value));
          for (const [name, member] of Object.entries(value))
            if (name !== '*') expect(read(sliceAt(json, [name]))).toEqual(member);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
