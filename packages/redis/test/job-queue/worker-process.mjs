/**
 * A worker of its own process, which writes what it does to a journal: one line `<what> <job> <process> <time>` for
 * each start and end of a handler. A job's data is how long it takes, in ms; below 0, it computes for so long. Ends when its standard input does.
 *
 * node worker-process.mjs <queue> <journal> <options as JSON>
 */
import { appendFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { JobQueue } from '@hookline/redis';

const [name, journal, options] = process.argv.slice(2);
// Short appended lines are whole and in order, whoever writes them.
const note = (what, job) => appendFileSync(journal, `${what} ${job} ${process.pid} ${Date.now()}\n`);

const queue = new JobQueue(name, JSON.parse(options));
queue.process('work', async ({ id, data }) => {
  note('start', id);
  if (data >= 0) await wait(data);
  else for (const until = Date.now() - data; Date.now() < until;);
  note('end', id);
  return process.pid;
});
process.stdin.resume().once('close', () => queue.close({ deadline: 5_000 }).then(() => process.exit()));
