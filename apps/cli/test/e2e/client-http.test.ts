import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { API_KEY } from './job-client.ts';
import { openStage, startReceiver, startWorker, type Stage } from './processes.ts';
import { where } from './where.ts';

let stage: Stage;
let receiver: string;
let ops: string;
beforeAll(async () => {
  stage = openStage();
  const env = { ...where(), API_KEY };
  const process = await startReceiver(stage, env);
  receiver = process.url;
  ops = / ops=(\S+)/.exec(process.output())?.[1] ?? '';
  await startWorker(stage, env);
});
afterAll(() => stage.close());

interface Written {
  readonly title: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** The requests of an `.http` file, with its variables filled in. */
function requestsOf(text: string, variables: Record<string, string>): Written[] {
  const filled = text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => variables[name] ?? `no ${name}`);
  return filled
    .split(/^### /m)
    .slice(1)
    .map((part): Written => {
      const [title = '', ...lines] = part.split('\n');
      const [head = '', ...body] = lines.join('\n').trim().split('\n\n');
      const [first = '', ...headerLines] = head.split('\n');
      const [method = '', url = ''] = first.split(' ');
      const headers = Object.fromEntries(headerLines.map((line) => line.split(/: (.*)/s).slice(0, 2)));
      return { title, method, url, headers: headers as Record<string, string>, body: body.join('\n\n') };
    });
}

/** What each request of the file answers when they are sent one after the other, as they stand. */
const EXPECTED = [
  ['Is the receiver ready?', 200],
  ["Create a job. Without a name the job 'default' runs", 201],
  ['Create a job with an id of its own', 201],
  ['Create a job that begins at a time', 201],
  ['Create many at once', 201],
  ['A job with its output', 200],
  ['The newest jobs', 200],
  ['Only the failed ones', 200],
  ['What happened to a job', 200],
  ['The same, from behind a frame', 200],
  ['Cancel a job that is not over', 200],
  ['Retry a job that failed', 202],
  ['Finish a processing job', 400],
  ['The same as the external service does it', 401],
] as const;

describe('client.http', () => {
  it('000: has every request of the job API, each of which the receiver knows', async () => {
    const file = readFileSync(new URL('../../../receiver/client.http', import.meta.url), 'utf8');
    const variables = { receiver, ops, key: API_KEY, id: 'my-first-job', token: 'none' };
    const requests = requestsOf(file, variables);
    const answered: [string, number][] = [];
    for (const { title, method, url, headers, body } of requests) {
      const over = new AbortController();
      const response = await fetch(url, {
        method,
        headers,
        signal: over.signal,
        ...(body === '' ? {} : { body }),
      });
      // A stream goes on for as long as its job: its head is enough.
      over.abort();
      answered.push([title, response.status]);
    }
    expect(answered).toEqual(EXPECTED.map(([title, status]) => [expect.stringContaining(title), status]));
  });
});
