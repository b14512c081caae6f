import type { ProviderSpec } from './provider-spec.ts';

export const standardWebhooksSamples = {
  'user.created': {
    body: ({ unique, iso }) => ({
      type: 'user.created',
      timestamp: iso,
      data: { id: `user_${unique}`, email: 'ada@example.com', name: 'Ada Lovelace', created_at: iso },
    }),
  },
  'invoice.paid': {
    body: ({ unique, iso }) => ({
      type: 'invoice.paid',
      timestamp: iso,
      data: { id: `inv_${unique}`, customer: `user_${unique}`, amount: 4_900, currency: 'eur', paid_at: iso },
    }),
  },
} satisfies ProviderSpec['samples'];
