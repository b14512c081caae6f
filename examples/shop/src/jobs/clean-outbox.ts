import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { defineJob } from 'hookline';
import { outboxDir } from '../integrations/mail.ts';
import { PRIVATE_FOLDER } from '../integrations/whole-file.ts';

const KEPT_MS = 30 * 86_400_000;

/** Deletes the mails, and drafts that a killed worker left, which have been in the outbox for 30 days. */
export default defineJob({
  name: 'clean-outbox',
  async run(_data: unknown, ctx) {
    const before = Date.now() - KEPT_MS;
    let deleted = 0;
    await mkdir(outboxDir(), PRIVATE_FOLDER);
    const files = (await readdir(outboxDir())).filter((file) => /\.(eml|tmp)$/.test(file));
    for (const file of files.map((name) => join(outboxDir(), name))) {
      ctx.signal.throwIfAborted();
      if ((await stat(file)).mtimeMs >= before) continue;
      await rm(file, { force: true });
      deleted += 1;
    }
    return { deleted, kept: files.length - deleted };
  },
});
