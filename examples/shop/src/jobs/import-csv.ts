import { defineJob, NonRetryableError, type RunContext } from 'hookline';
import { z } from 'zod';
import { sendMail } from '../integrations/mail.ts';
import { readUpload } from '../integrations/uploads.ts';
import { parseUsersCsv } from '../integrations/users-csv.ts';
import { putUser } from '../integrations/users.ts';

const BATCH = 100;
const LISTED = 20;

/**
 * Imports users from an uploaded CSV file, all or, when a line is wrong, none, and mails how it went. The queue's
 * `globalConcurrency` lets one import run at a time.
 */
export default defineJob({
  name: 'import-csv',
  schema: z.object({ fileId: z.string(), email: z.email() }),
  queue: 'import',
  retry: { attempts: 2 },
  timeout: '10m',
  async run({ fileId, email }, ctx) {
    const imported = await importUsers(fileId, ctx).catch(async (error: unknown) => {
      if (isLast(error, ctx)) await mailFailure(email, error, ctx);
      throw error;
    });
    const text = `${fileId}: ${imported} users imported.\n`;
    await sendMail({ to: email, subject: 'Import complete', text, part: 'complete' }, ctx);
    return { imported };
  },
});

/** Each user is written under its id, so an attempt that begins again comes to the same. */
async function importUsers(fileId: string, ctx: RunContext): Promise<number> {
  const { users, problems } = parseUsersCsv(await readUpload(fileId, ctx.signal));
  if (problems.length > 0) throw new NonRetryableError(listed(problems));
  for (let start = 0; start < users.length; start += BATCH) {
    ctx.signal.throwIfAborted();
    await Promise.all(users.slice(start, start + BATCH).map(putUser));
    await ctx.progress(`Imported ${Math.min(start + BATCH, users.length)} of ${users.length} users`);
  }
  return users.length;
}

/** An aborted run is no answer: most of them are begun again by another worker. */
function isLast(error: unknown, { signal, attempt, maxAttempts }: RunContext): boolean {
  return !signal.aborted && (error instanceof NonRetryableError || attempt === maxAttempts);
}

/** Its own failure is only logged: what the job fails with is the import's. */
async function mailFailure(to: string, error: unknown, ctx: RunContext): Promise<void> {
  const text = error instanceof Error ? error.message : String(error);
  try {
    // A replay may fail with another reason: that is another message.
    await sendMail({ to, subject: 'Import failed', text, part: `failed: ${text}` }, ctx);
  } catch (mailError) {
    ctx.log.error('the mail about the failed import could not be sent', { error: mailError });
  }
}

function listed(problems: readonly string[]): string {
  const more = problems.length - LISTED;
  const list = problems.slice(0, LISTED).join('\n');
  return `nothing was imported; correct these lines:\n${list}${more > 0 ? `\nand ${more} more` : ''}`;
}
