import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { endOfCommands } from '../../src/injectors/aof-damage.ts';

const command = (...parts: readonly string[]): string =>
  `*${parts.length}\r\n${parts.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`).join('')}`;

describe('the end of an append-only file', () => {
  it('is where its last whole command ends, however much of the next one was written', () => {
    const commands = fc.array(fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 4 }), {
      minLength: 1,
    });
    fc.assert(
      fc.property(commands, fc.nat(), (all, cut) => {
        const texts = all.map((parts) => Buffer.from(command(...parts)));
        const last = texts.at(-1) ?? Buffer.alloc(0);
        const before = Buffer.concat(texts.slice(0, -1));
        const torn = last.subarray(0, cut % last.length);
        expect(endOfCommands(Buffer.concat([before, torn]))).toBe(before.length);
        expect(endOfCommands(Buffer.concat([before, last]))).toBe(before.length + last.length);
      }),
    );
  });
});
