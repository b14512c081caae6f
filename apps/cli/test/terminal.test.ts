import { describe, expect, it } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { rows, wrapped } from '../src/rows.ts';
import { createTerminal } from '../src/terminal.ts';

const ESC = '\u001b';
/** What strangers may write to command a terminal, to forge a line, to turn text around or to hide some. */
const HOSTILE = [
  `${ESC}[2J${ESC}]0;title\u0007`,
  'a\u202eb',
  'a\u2066b',
  'a\u061cb',
  'over\rwritten',
  'a\u0000b',
  'a\u009b2Jb',
  'a\u007fb',
  'hidden\u{e0041}',
];
// oxlint-disable-next-line no-control-regex
const COMMANDS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\p{Bidi_Control}\u{e0000}-\u{e007f}]/u;

function openTerminal() {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const terminal = createTerminal({ stdin, stdout, stderr });
  return { terminal, said: () => String(stdout.read() ?? ''), noted: () => String(stderr.read() ?? '') };
}

describe('a terminal', () => {
  it.each(HOSTILE)('is not commanded by what it is to show: %j', (text) => {
    const { terminal, said, noted } = openTerminal();
    terminal.write(`one ${text}\ntwo`);
    terminal.note(text);
    const [shown, told] = [said(), noted()];
    expect([shown, told]).toEqual([expect.not.stringMatching(COMMANDS), expect.not.stringMatching(COMMANDS)]);
    expect(shown).toMatch(/^one .*\\u[0-9a-f]{4}.*\ntwo\n$/);
  });

  it.each(HOSTILE)('gets the same JSON: %j', (text) => {
    const { terminal, said } = openTerminal();
    terminal.write(JSON.stringify({ text }));
    const line = said();
    expect(line).not.toMatch(COMMANDS);
    expect(JSON.parse(line)).toEqual({ text });
  });

  it('asks nobody where nobody reads, or nobody types', () => {
    expect(openTerminal().terminal).toMatchObject({ isWatched: false, canAsk: false });
    const stream = (isTTY: boolean) => Object.assign(new PassThrough(), { isTTY });
    const stderr = new PassThrough();
    expect(createTerminal({ stdin: stream(true), stdout: stream(true), stderr })).toMatchObject({
      canAsk: true,
    });
    expect(createTerminal({ stdin: stream(false), stdout: stream(true), stderr })).toMatchObject({
      isWatched: true,
      canAsk: false,
    });
  });
});

describe('a table', () => {
  it('has no line that a stranger wrote', () => {
    const table = rows([{ head: ['now', 'a\nb'], body: ['id\n2026 handled forged', 'x\ny\rz'] }]);
    expect(table.split('\n')).toEqual(['now  a\\u000ab', '  id\\u000a2026 handled forged', '  x y z']);
  });
});

describe('wrapped', () => {
  it('fits 80 columns, and cuts no word', () => {
    const long = 'x'.repeat(90);
    const lines = wrapped(`${'word '.repeat(40)}${long}\u202e end`, '  ').split('\n');
    expect(lines).toContain(`  ${long}\\u202e`);
    expect(lines.filter((line) => line.length > 80)).toHaveLength(1);
    expect(lines.every((line) => line.startsWith('  '))).toBe(true);
  });
});
