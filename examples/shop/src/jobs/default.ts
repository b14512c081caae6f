import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { defineJob } from 'hookline';

const CHUNKS = 5;
const PAUSE_MS = 400;
const SHOWN = 40;

/** What `POST /job` runs when it names no job: goes through any data in slow steps, for you to watch in its stream. */
export default defineJob({
  name: 'default',
  async run(data: unknown, ctx) {
    const json = JSON.stringify(data) ?? 'null';
    const shown = json.length > SHOWN ? `${json.slice(0, SHOWN)}...` : json;
    const bytes = Buffer.from(json);
    const size = Math.ceil(bytes.length / CHUNKS);
    const hash = createHash('sha256');
    for (let chunk = 1; chunk <= CHUNKS; chunk += 1) {
      await wait(PAUSE_MS, undefined, { signal: ctx.signal });
      hash.update(bytes.subarray((chunk - 1) * size, chunk * size));
      await ctx.progress(`Processed chunk ${chunk} of data: ${shown}`);
    }
    return { chunks: CHUNKS, bytes: bytes.length, sha256: hash.digest('hex') };
  },
});
