import { defineJob } from 'hookline';
import { z } from 'zod';
import { compressUpload } from '../integrations/uploads.ts';
import notifyUpload from './notify-upload.ts';

/** Compresses an uploaded file, then queues the word about it for a second later. */
export default defineJob({
  name: 'process-upload',
  schema: z.object({ fileId: z.string(), fileName: z.string().max(200), email: z.email() }),
  queue: 'files',
  async run({ fileId, fileName, email }, ctx) {
    const compressed = await compressUpload(fileId, ctx.signal);
    await ctx.enqueue(notifyUpload, { fileName, email, ...compressed }, { delay: 1_000 });
    return { fileName, ...compressed };
  },
});
