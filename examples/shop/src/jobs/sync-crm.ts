import { defineJob } from 'hookline';
import { crm } from '../integrations/crm.ts';
import { readPayment, recordedPayments } from '../integrations/ledger.ts';
import { skippedWithout } from '../settings.ts';

const BATCH = 500;

/** Sends the CRM those payments of the ledger that it does not have. */
export default defineJob({
  name: 'sync-crm',
  timeout: '10m',
  async run(_data: unknown, ctx) {
    const client = crm(ctx);
    if (!client) return { synced: false, reason: skippedWithout('CRM_URL', ctx.log).skipped };
    const recorded = await recordedPayments();
    let sent = 0;
    for (let start = 0; start < recorded.length; start += BATCH) {
      for (const paymentId of await client.missingPayments(recorded.slice(start, start + BATCH))) {
        await client.putPayment(await readPayment(paymentId));
        sent += 1;
      }
      await ctx.progress({ checked: Math.min(start + BATCH, recorded.length), of: recorded.length, sent });
    }
    return { synced: true, checked: recorded.length, sent };
  },
});
