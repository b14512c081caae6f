import { describe, expect, it } from '@jest/globals';
import { Problems } from '../src/config-error.ts';
import { readRows, type SettingRow } from '../src/setting-rows.ts';
import { SETTINGS } from '../src/settings-table.ts';

const ROWS = [
  { key: 'PORT', kind: 'port', default: 80, for: ['receiver'], says: '' },
  { key: 'MANY', kind: 'count', default: 2, from: 1, to: 9, for: ['receiver', 'worker'], says: '' },
  { key: 'LONG', kind: 'duration', default: '2s', for: ['worker'], says: '' },
  { key: 'BIG', kind: 'size', default: '1KiB', for: ['worker'], says: '' },
  {
    key: 'MODE',
    kind: 'choice',
    of: ['on', 'off'],
    default: 'on',
    hint: 'use on or off',
    for: ['worker'],
    says: '',
  },
  { key: 'MAYBE', kind: 'choice', of: ['a', 'b'], hint: 'use a or b', for: ['worker'], says: '' },
  { key: 'WHERE', kind: 'url', protocols: ['https:'], for: ['worker'], says: '' },
  {
    key: 'WORD',
    kind: 'text',
    default: 'x',
    pattern: /^\w+$/,
    hint: 'use a word',
    for: ['worker'],
    says: '',
  },
] as const satisfies readonly SettingRow[];

function read(env: Record<string, string>) {
  const problems = new Problems();
  const values = readRows(env, ROWS, 'worker', problems);
  let message = '';
  try {
    problems.throwIfAny();
  } catch (error) {
    message = (error as Error).message;
  }
  return { values, message };
}

describe('rows of settings', () => {
  it('give their defaults, in their own types, to the program they are for', () => {
    const { values, message } = read({});
    const typed: {
      MANY: number;
      LONG: number;
      BIG: number;
      MODE: 'on' | 'off';
      MAYBE: 'a' | 'b' | undefined;
    } = values;
    expect(typed).toEqual({
      MANY: 2,
      LONG: 2_000,
      BIG: 1_024,
      MODE: 'on',
      MAYBE: undefined,
      WHERE: undefined,
      WORD: 'x',
    });
    expect(message).toBe('');
    // @ts-expect-error: the port is the receiver's
    expect(values.PORT).toBeUndefined();
  });

  it('take an empty variable for one that is not set', () => {
    expect(read({ MANY: '', LONG: '', MODE: '', WORD: '', WHERE: '' })).toEqual(read({}));
  });

  it('name every bad one together, with what to write, and go on with the defaults', () => {
    const { values, message } = read({
      MANY: '10',
      LONG: 'soon',
      BIG: 'x',
      MODE: 'maybe',
      WHERE: 'y',
      WORD: '!',
    });
    expect(values).toEqual(read({}).values);
    for (const line of [
      'MANY: use a whole number from 1 to 9',
      'LONG: "soon" is not',
      'BIG: use a size like 512MiB',
      'MODE: use on or off',
      'WHERE: is no address; write it as https://host/',
      'WORD: use a word',
    ])
      expect(message).toContain(line);
  });
});

describe('the table of settings', () => {
  it('names a key once for each program, and says what it is', () => {
    const places = SETTINGS.flatMap((row) => row.for.map((program) => `${row.key} ${program}`));
    expect(new Set(places).size).toBe(places.length);
    const unsaid = [...new Set(SETTINGS.map(({ key }) => key))].filter(
      (wanted) => !SETTINGS.some(({ key, says }) => key === wanted && says !== ''),
    );
    expect(unsaid).toEqual([]);
  });
});
