import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { generateIndexes, staleIndexes } from '../indexes.mjs';
import { plantTree } from './tree.ts';

const ROOM = 'packages/redis/src';
const INDEX = `${ROOM}/client/all-scripts.ts`;

let tree: ReturnType<typeof plantTree>;
beforeEach(() => {
  tree = plantTree({
    'packages/providers/src/providers/stripe.ts': '',
    [`${ROOM}/client/script.ts`]: '',
    [`${ROOM}/client/clock.lua`]: '--- Tells the time.\n\nlocal function now() return 1 end\n',
    [`${ROOM}/events/event.lua`]:
      '--- Events.\n--- @include clock\n--- @lists fields\n\n-- a `quoted` ${word}\n',
    [`${ROOM}/events/accept.lua`]: [
      '--- Records an event.',
      '--- @include event, clock',
      '--- @keys   event',
      '--- @args   id',
      '--- @each   rows: a, b',
      '--- @lists  rows.parts',
      '--- @add    rows.run',
      '--- @reply  accepted | duplicate',
      '',
      "return 'accepted'",
    ].join('\n'),
  });
});
afterEach(() => tree.remove());

const index = () => readFileSync(join(tree.root, INDEX), 'utf8');

describe('the index of the scripts', () => {
  it('names what a script and its pieces are given, with the type of its reply', () => {
    generateIndexes(tree.root);
    expect(index()).toContain("readonly keys: Keys<'event'>;");
    expect(index()).toContain("readonly args: Args<'id'>;");
    expect(index()).toContain("readonly lists: Lists<'fields'>;");
    expect(index()).toContain(
      "readonly rows: readonly (Args<'a' | 'b'> & Lists<'parts'> & Additions<'run'>)[]",
    );
    expect(index()).toContain("readonly 'accept': 'accepted' | 'duplicate';");
    expect(index()).toContain('   * Records an event.\n   * @see ../events/accept.lua');
  });

  it('holds each piece once, in the order in which they build on each other, and its Lua as it is', () => {
    generateIndexes(tree.root);
    expect(index()).toContain("include: ['clock', 'event'],");
    expect(index().match(/local function now/g)).toHaveLength(1);
    expect(index()).toContain('-- a \\`quoted\\` \\${word}');
  });

  it('is stale when a script changes', () => {
    generateIndexes(tree.root);
    expect(staleIndexes(tree.root)).toEqual([]);
    tree.put(`${ROOM}/events/accept.lua`, '--- Other.\n--- @reply integer\n\nreturn 2\n');
    expect(staleIndexes(tree.root).map(({ file }) => file)).toEqual([join(tree.root, INDEX)]);
  });

  it.each([
    [
      'events/other.lua',
      '--- @reply [open | lost] rest',
      "readonly 'other': readonly [kind: 'open' | 'lost', ...rest: unknown[]];",
    ],
    ['events/other.lua', '--- @reply integer', "readonly 'other': number;"],
    ['events/other.lua', '--- @reply last, found', "readonly 'other': unknown;"],
    [
      'events/other.lua',
      '--- @add letter?\n--- @reply integer',
      "readonly add: Partial<Additions<'letter'>>;",
    ],
  ])('reads %s: %s', (file, header, expected) => {
    tree.put(`${ROOM}/${file}`, `${header}\n\nreturn 1\n`);
    generateIndexes(tree.root);
    expect(index()).toContain(expected);
  });

  it.each([
    ['--- @include nothing\n--- @reply integer', "there is no piece 'nothing' to include"],
    ['--- @include accept\n--- @reply integer', "there is no piece 'accept' to include"],
    ['--- @argument id\n--- @reply integer', 'has none of the tags'],
    ['--- @args id, id\n--- @reply integer', "'id' is named twice"],
    ['--- @args at\n--- @reply integer', "'at' is a name of the script's surroundings"],
    ['--- @lists rows.parts\n--- @reply integer', "'rows.parts' belongs to no @each"],
    ['--- @add one, two\n--- @reply integer', 'one call, or row, adds one job'],
  ])('refuses %j', (header, problem) => {
    tree.put(`${ROOM}/events/wrong.lua`, `${header}\n\nreturn 1\n`);
    expect(() => staleIndexes(tree.root)).toThrow(problem);
  });

  it('refuses two scripts of one name: they are called by it', () => {
    tree.put(`${ROOM}/jobs/accept.lua`, '--- @reply integer\n\nreturn 1\n');
    expect(() => staleIndexes(tree.root)).toThrow('two scripts of one name');
  });
});
