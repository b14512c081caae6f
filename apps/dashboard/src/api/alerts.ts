import { readAlerts } from '@hookline/redis';
import { z } from 'zod';
import { defineRoute } from '../route.ts';
import { ALERT } from '../shapes.ts';
import { loadSignals } from '../signals/load.ts';
import { ALERT_KINDS, detailOf, isAlert } from '../signals/signal.ts';

export default defineRoute({
  method: 'GET',
  path: '/alerts',
  says: 'What needs somebody now, and since when whoever is to be told knows of it',
  answer: z.object({
    alerts: z.array(ALERT),
    unseen: z.array(z.enum(ALERT_KINDS)).describe('Kinds of which it cannot be told now whether more fire'),
  }),
  async answerTo({ desk, now }) {
    const [signals, known] = await Promise.all([
      loadSignals(desk, now),
      // While Redis is away nobody knows, and what else needs somebody is told all the same.
      readAlerts(desk.log.partitions, now).catch(() => undefined),
    ]);
    const hidden = new Set<string>(
      signals.flatMap((signal) => (signal.kind === 'unseen' ? signal.hides : [])),
    );
    const alerts = signals.filter(isAlert).map((alert) => {
      const { kind, key, title, path } = alert;
      const { since, notifiedAt, resolvedAt } = known?.records.get(key) ?? {};
      const isNoted = resolvedAt === undefined && since !== undefined;
      return {
        kind,
        key,
        title,
        detail: detailOf(alert),
        path,
        ...(isNoted ? { since } : {}),
        ...(isNoted && notifiedAt !== undefined ? { notifiedAt } : {}),
      };
    });
    return { kind: 'json', value: { alerts, unseen: ALERT_KINDS.filter((kind) => hidden.has(kind)) } };
  },
});
