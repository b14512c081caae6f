import { defineJob } from 'hookline';
import { z } from 'zod';
import { sendMail } from '../integrations/mail.ts';
import { formatMoney } from '../integrations/money.ts';
import { Payment } from '../integrations/payment.ts';
import { findUser, User } from '../integrations/users.ts';

/** Mails one user what was received in a day. Queued by daily-reports. */
export default defineJob({
  name: 'daily-report',
  schema: z.object({
    userId: User.shape.id,
    /** By currency, in Stripe's smallest unit of each. */
    totals: z.record(Payment.shape.currency, Payment.shape.amount),
  }),
  queue: 'email',
  retry: { attempts: 8 },
  timeout: '30s',
  async run({ userId, totals }, ctx) {
    const user = await findUser(userId);
    if (!user) return { skipped: `there is no user '${userId}' any more` };
    const sums = Object.entries(totals).map(([currency, amount]) => formatMoney(amount, currency));
    const text = `Hello ${user.name},\n\nreceived in the last 24 hours: ${sums.join(', ') || 'nothing'}.\n`;
    return sendMail({ to: user.email, subject: 'Your daily report', text }, ctx);
  },
});
