import { afterAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { hookline, openStage } from './e2e/processes.ts';

const CLI = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const stage = openStage();
afterAll(() => stage.close());

// Nothing runs here, and a setting is bad: what was typed is wrong all the same, and is said first.
const broken = { REDIS_URL: 'redis://127.0.0.1:1', JOB_RETENTION: 'long' };
const away = { REDIS_URL: 'redis://127.0.0.1:1', WEBHOOK_SECRET_STRIPE: 'whsec_of_wrong_use' };
const to = ['--to', 'http://127.0.0.1:1', '--secret', 'whsec_of_wrong_use'];

interface Wrong {
  readonly args: readonly string[];
  readonly says: RegExp;
}

const wrong: readonly Wrong[] = [
  { args: ['--nonsense'], says: /unknown option.*nonsense.*--help/i },
  { args: ['doctor', 'more'], says: /more.*'hookline doctor --help'/ },
  { args: ['doctor', '--fast'], says: /--fast.*'hookline doctor --help'/ },
  { args: ['secrets'], says: /source.*'hookline secrets --help'/ },
  { args: ['start', '--fast'], says: /--fast.*'hookline start --help'/ },
  { args: ['events', 'list', 'more'], says: /'more'.*events show more/ },
  { args: ['events', 'show', ''], says: /name the event/ },
  { args: ['events', 'list', '--status', 'lost'], says: /use one of/ },
  { args: ['events', 'list', '--type', 'a*b'], says: /at its end/ },
  { args: ['events', 'list', '--count', 'x'], says: /whole number/ },
  { args: ['events', 'list', '--source', 'a', '--source', 'b'], says: /--source.*twice.*once/ },
  { args: ['events', 'rerun'], says: /name the event/ },
  { args: ['events', 'rerun', 'a', '--unhandled'], says: /a or --unhandled, not both/ },
  { args: ['events', 'search'], says: /say what for/ },
  { args: ['events', 'search', 'status:lost'], says: /status:dead/ },
  { args: ['events', 'body'], says: /name the event/ },
  { args: ['events', 'show', 'a', 'b'], says: /takes no 'b'/ },
  { args: ['events', 'replay'], says: /--query/ },
  { args: ['events', 'replay', 'a', '--query', 'b'], says: /not both/ },
  { args: ['events', 'replay', '--query', 'status:dead'], says: /--yes.*--dry-run/ },
  { args: ['events', 'replay', 'a', '--rate', '0'], says: /whole number/ },
  { args: ['events', 'replay', 'a', '--handler', ','], says: /mail,crm/ },
  { args: ['events', 'replay', 'a', '--reason', 'x'.repeat(501)], says: /shorter/ },
  { args: ['replays', 'stop'], says: /name the replay/ },
  { args: ['replays', 'end', 'a'], says: /use one of/ },
  { args: ['handlers', 'pause'], says: /name the handler/ },
  { args: ['handlers', 'stop'], says: /use one of/ },
  { args: ['events', 'sample'], says: /name the event/ },
  { args: ['queues', 'pause'], says: /name the queue/ },
  { args: ['workers', 'stop'], says: /use: list/ },
  { args: ['explain'], says: /'hookline explain --help'/ },
  { args: ['mcp', '--allow-everything'], says: /'hookline mcp --help'/ },
  { args: ['dead', 'list', 'more'], says: /'more'.*dead show more/ },
  { args: ['dead', 'replay'], says: /name the dead letter/ },
  { args: ['dead', 'replay', 'a', '--all'], says: /a or --all, not both/ },
  { args: ['dead', 'discard', ''], says: /name the dead letter/ },
  { args: ['dead', 'show'], says: /name the dead letter/ },
  { args: ['jobs', 'list', 'more'], says: /'more'.*jobs show more/ },
  { args: ['jobs', 'list', '--name', 'a b'], says: /1 to 64 letters/ },
  { args: ['jobs', 'list', '--status', 'done'], says: /use one of/ },
  { args: ['jobs', 'show'], says: /name the job/ },
  { args: ['jobs', 'cancel', ''], says: /name the job/ },
  { args: ['jobs', 'import'], says: /name the file/ },
  { args: ['jobs', 'bury'], says: /use one of/ },
  { args: ['send'], says: /name the provider/ },
  { args: ['send', '--list', 'nobody'], says: /no provider is named 'nobody'; choose one of/ },
  { args: ['send', 'nobody', ...to], says: /no provider is named 'nobody'; choose one of/ },
  { args: ['send', 'stripe', 'no.such', ...to], says: /no sample of 'no\.such'.*choose one of/ },
  { args: ['send', 'stripe', '--count', 'x'], says: /whole number/ },
  { args: ['send', 'stripe', '--count'], says: /--count.*'hookline send --help'/ },
  { args: ['send', 'stripe', '--rate', '0', '--count', '2'], says: /events a second/ },
  { args: ['send', 'stripe', '--rate', '5'], says: /add --count/ },
  { args: ['send', 'stripe', '--late', 'x'], says: /duration/ },
  { args: ['send', 'stripe', '--reorder', '--count', '1'], says: /add --count/ },
  { args: ['send', 'stripe', '--tamper=x'], says: /--tamper.*'hookline send --help'/ },
  { args: ['send', 'stripe', '--nonsense'], says: /--nonsense.*'hookline send --help'/ },
  { args: ['send', 'stripe', '--secret', 's'], says: /add --to/ },
  { args: ['send', 'stripe', 'a', 'b'], says: /b.*'hookline send --help'/ },
  { args: ['send', 'stripe', '--to', 'here', '--secret', 's'], says: /no web address/ },
];

describe('a command that was called wrongly', () => {
  it.each(wrong)('ends with 2, and says what to type: $args', async ({ args, says }) => {
    const { code, output } = await hookline(stage, broken, ...args);
    expect([code, output]).toEqual([2, expect.stringMatching(says)]);
    expect(output).not.toContain('    at ');
  });

  it.each([['slack', '--source', 'stripe'], ['stripe', '--to', 'here'], ['nobody']])(
    'ends with 2 where the settings had to be read to know it: send %s',
    async (...args) => {
      expect(await hookline(stage, away, 'send', ...args)).toMatchObject({ code: 2 });
    },
  );
});

describe('a command that could not do its work', () => {
  it.each([
    { args: ['jobs', 'list', '--json'] },
    { args: ['jobs', 'show', 'a'] },
    { args: ['secrets', 'stripe'] },
    { args: ['send', 'stripe', '--source', 'other'] },
    { args: ['send', 'stripe', '--data', 'no/such/file', ...to] },
    { args: ['send', 'stripe', ...to] },
  ])('ends with 1: $args', async ({ args }) => {
    const { code, output } = await hookline(stage, away, ...args);
    expect([code, output]).toEqual([1, expect.not.stringContaining('    at ')]);
  });
});

describe('a command whose reader has read enough', () => {
  it.each([{ args: ['send', '--list'] }, { args: ['--help'] }, { args: ['send', 'nobody', ...to] }])(
    'ends without a word more: $args',
    async ({ args }) => {
      const child = spawn(process.execPath, [CLI, ...args], {
        env: { PATH: process.env['PATH'], DATA_DIR: stage.dir },
      });
      child.stdout.destroy();
      let errors = '';
      child.stderr.on('data', (chunk) => (errors += String(chunk)));
      await new Promise((resolve) => child.once('close', resolve));
      expect(errors).not.toMatch(/EPIPE| {4}at /);
    },
  );
});
