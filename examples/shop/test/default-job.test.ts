import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import defaultJob from '../src/jobs/default.ts';
import { exampleContext } from './example-context.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

describe('the default job', () => {
  it('004: works through its data in steps, and says of each which it was', async () => {
    const data = { your: 'job data', goes: 'here', list: ['ü', 1, null] };
    const json = JSON.stringify(data);
    const ctx = exampleContext();
    const result = await defaultJob.run(data, ctx);
    const steps = [1, 2, 3, 4, 5].map((n) => `Processed chunk ${n} of data: ${json.slice(0, 40)}...`);
    expect(ctx.progressed).toEqual(steps);
    expect(result).toEqual({ chunks: 5, bytes: Buffer.byteLength(json), sha256: sha256(json) });
  });

  it('takes any data', async () => {
    const any = [
      { data: 'a text', json: '"a text"' },
      { data: 7, json: '7' },
      { data: [1, [2]], json: '[1,[2]]' },
      { data: undefined, json: 'null' },
    ];
    await Promise.all(
      any.map(async ({ data, json }) => {
        const ctx = exampleContext();
        expect(await defaultJob.run(data, ctx)).toMatchObject({ sha256: sha256(json) });
        expect(ctx.progressed.at(-1)).toBe(`Processed chunk 5 of data: ${json}`);
      }),
    );
  });

  it('stops between two steps when it is aborted', async () => {
    const stop = new AbortController();
    const ctx = exampleContext({ signal: stop.signal, onProgress: () => stop.abort() });
    await expect(defaultJob.run({}, ctx)).rejects.toMatchObject({ name: 'AbortError' });
    expect(ctx.progressed).toEqual(['Processed chunk 1 of data: {}']);
  });
});
