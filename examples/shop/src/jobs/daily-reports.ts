import { defineJob } from 'hookline';
import { paymentsSince } from '../integrations/ledger.ts';
import { userIds } from '../integrations/users.ts';
import dailyReport from './daily-report.ts';

const DAY_MS = 86_400_000;

/**
 * Fans out: one job for each user, each retried on its own. `once` keeps whom and what for, so that a retry, which
 * may find other users and payments, asks for the same jobs in the same order: none is added twice.
 */
export default defineJob({
  name: 'daily-reports',
  async run(_data: unknown, ctx) {
    const { users, totals } = await ctx.once('day', async () => ({
      users: await userIds(),
      totals: await totalsSince(Date.now() - DAY_MS),
    }));
    for (const userId of users) {
      ctx.signal.throwIfAborted();
      await ctx.enqueue(dailyReport, { userId, totals });
    }
    return { reports: users.length };
  },
});

async function totalsSince(since: number): Promise<Record<string, number>> {
  const totals: Record<string, number> = {};
  for (const { currency, amount } of await paymentsSince(since)) {
    const code = currency.toUpperCase();
    totals[code] = (totals[code] ?? 0) + amount;
  }
  return totals;
}
