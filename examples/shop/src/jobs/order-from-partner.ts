import { defineJob } from 'hookline';
import { partner } from '../integrations/partner.ts';

/**
 * Sends an order out, then waits up to an hour, without holding a worker, for the partner to call its finish URL.
 * Without a partner you are the partner: the log says which request finishes the job.
 */
export default defineJob({
  name: 'order-from-partner',
  completion: 'external',
  timeout: '1h',
  async run(order: unknown, ctx) {
    const send = partner(ctx);
    if (send) return send(order);
    // Not ctx.finishUrl: whoever reads the log could finish the job with it.
    const finish = `POST /finish/${ctx.jobId}`;
    ctx.log.info('PARTNER_URL is not set: finish this job yourself, with the API_KEY', { finish });
  },
});
