import { defineHandler, stripe } from 'hookline';
import { formatMoney } from '../integrations/money.ts';
import { paymentOf } from '../integrations/payment.ts';
import { skippedWithout } from '../settings.ts';
import { slack } from '../integrations/slack.ts';

/** Tells the team. Slack takes no idempotency key, so `once` is what keeps a retry from posting again. */
export default defineHandler({
  name: 'notify-slack',
  on: stripe('payment_intent.succeeded'),
  retry: { attempts: 3 },
  timeout: '15s',
  async run(event, ctx) {
    const post = slack(ctx);
    if (!post) return skippedWithout('SLACK_WEBHOOK_URL', ctx.log);
    const { paymentId, amount, currency } = paymentOf(event.payload.data.object);
    await ctx.once('posted', () =>
      post(`Payment of ${formatMoney(amount, currency)} received (${paymentId})`),
    );
    return { notified: true };
  },
});
