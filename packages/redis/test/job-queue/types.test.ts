import { expect, it } from '@jest/globals';
import { testRedisUrl, uniquePrefix } from '@hookline/rig';
import { JobQueue } from '../../src/index.ts';

/** An interface, not only a type, may say what a queue's jobs are. */
interface Mail {
  readonly welcome: { readonly data: { readonly to: string }; readonly result: { readonly sent: boolean } };
  readonly cleanup: { readonly data: { readonly olderThan: number } };
}

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <_T extends true>() => undefined;

// What does not compile is the test; it is never run.
async function typed(queue: JobQueue<Mail>, untyped: JobQueue): Promise<void> {
  const job = await queue.add('welcome', { to: 'ada@example.com' });
  is<Equal<typeof job.data, { readonly to: string }>>();
  is<Equal<typeof job.result, { readonly sent: boolean } | undefined>>();
  // @ts-expect-error the data is another job's
  await queue.add('welcome', { olderThan: 1 });
  // @ts-expect-error no such job
  await queue.add('goodbye', {});
  // @ts-expect-error no such option
  await queue.add('welcome', { to: 'a' }, { attempt: 3 });
  await queue.addBulk([{ name: 'cleanup', data: { olderThan: 1 } }]);
  // @ts-expect-error a name and another one's data
  await queue.addBulk([{ name: 'cleanup', data: { to: 'a' } }]);
  await queue.schedule('cleanup', { olderThan: 1 }, { delay: '1h' });
  // @ts-expect-error both times
  await queue.schedule('cleanup', { olderThan: 1 }, { delay: '1h', runAt: 1 });

  queue.process('welcome', async ({ data }, ctx) => {
    is<Equal<typeof data.to, string>>();
    await ctx.enqueue('cleanup', { olderThan: 1 });
    // @ts-expect-error the data is another job's
    await ctx.enqueue('cleanup', { to: data.to });
    return { sent: true };
  });
  // @ts-expect-error the result is not what the map says
  queue.process('welcome', () => ({ sent: 'yes' }));

  const found = await queue.get(job.id);
  if (found?.name === 'welcome') is<Equal<typeof found.data, { readonly to: string }>>();
  // @ts-expect-error which of the two jobs it is must be asked first
  is<Equal<typeof found.data.to, string>>();
  queue.on('completed', (each) => is<Equal<typeof each.name, 'welcome' | 'cleanup'>>());
  // @ts-expect-error no such event
  queue.on('stalled', () => undefined);
  // @ts-expect-error no such name
  await queue.removeByName('goodbye');
  // @ts-expect-error no such state
  await queue.list('paused');

  const any = await untyped.add('whatever', [1, 2, 3]);
  is<Equal<typeof any.data, unknown>>();
}

// @ts-expect-error a job's types are its data and its result
export type Wrong = JobQueue<{ bad: string }>;

it('JobQueue: data, result and names are typed by a map', async () => {
  expect(typed).toBeInstanceOf(Function);
  const queue = new JobQueue<Mail>('mail', { redis: testRedisUrl(), prefix: uniquePrefix() });
  expect((await queue.add('welcome', { to: 'ada@example.com' })).data.to).toBe('ada@example.com');
  await queue.close();
});
