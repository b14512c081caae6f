import { defineJob } from 'hookline';
import { z } from 'zod';
import { sendMail } from '../integrations/mail.ts';

/** Mails whoever uploaded a file that it was processed. Queued by process-upload. */
export default defineJob({
  name: 'notify-upload',
  schema: z.object({
    fileName: z.string(),
    email: z.email(),
    resultId: z.string(),
    size: z.int(),
    compressedSize: z.int(),
  }),
  queue: 'email',
  retry: { attempts: 8 },
  timeout: '30s',
  run: ({ fileName, email, resultId, size, compressedSize }, ctx) =>
    sendMail(
      {
        to: email,
        subject: 'Your file is ready',
        text: `${fileName} was compressed from ${size} to ${compressedSize} bytes.\n\nReference: ${resultId}\n`,
      },
      ctx,
    ),
});
