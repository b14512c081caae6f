import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createLineBuffer } from '../src/line-buffer.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe('lines that go together', () => {
  it('wait 50 ms at most, and keep their order', () => {
    const written: string[] = [];
    const buffer = createLineBuffer((lines) => void written.push(lines));
    buffer.write('a\n');
    jest.advanceTimersByTime(30);
    buffer.write('b\n');
    expect(written).toEqual([]);
    jest.advanceTimersByTime(20);
    expect(written).toEqual(['a\nb\n']);
    buffer.write('c\n');
    jest.advanceTimersByTime(50);
    expect(written).toEqual(['a\nb\n', 'c\n']);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('go when they are asked to, and when they are many', () => {
    const written: string[] = [];
    const buffer = createLineBuffer((lines) => void written.push(lines));
    buffer.write('a\n');
    buffer.flush();
    buffer.flush();
    expect(written).toEqual(['a\n']);
    const line = `${'x'.repeat(1_023)}\n`;
    for (let count = 0; count < 40; count += 1) buffer.write(line);
    expect(written.slice(1).map(({ length }) => length)).toEqual([16 * 1_024, 16 * 1_024]);
    buffer.flush();
    expect(written.join('')).toBe(`a\n${line.repeat(40)}`);
  });
});
