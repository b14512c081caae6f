import { basePrefixOf, explain, within, type Logger, type Meter } from '@hookline/core';
import { every, METRICS, type Loop } from '@hookline/redis';
import type { Desk } from '../desk.ts';
import { Outbox } from './outbox.ts';
import type { AlertSettings } from './receivers.ts';
import { AlertWatch } from './watch.ts';

const LOOK_MS = 10_000;
const SEND_MS = 500;
/** For giving the lease back; else it runs out by itself. */
const STOP_MS = 500;

/** Tells whoever is to be told of what needs somebody, for as long as this process lives; another dashboard goes on. */
export function startAlerts(
  desk: Desk,
  { receivers, dashboardUrl }: AlertSettings,
  { log, meter }: { readonly log: Logger; readonly meter: Meter },
): Loop {
  const watch = new AlertWatch({ desk, receivers });
  const countTries = meter.counter(METRICS.alerts);
  const telling = { installation: basePrefixOf(desk.log.partitions.all), dashboardUrl };
  // Who else talks to Redis in this process says that it is away.
  const onError = (error: unknown) => log.debug('alerts', { error: explain(error) });
  const outboxes = receivers.map(
    (receiver) =>
      new Outbox({
        partitions: desk.log.partitions,
        receiver,
        telling,
        lead: () => watch.lead(),
        log,
        count: (outcome) => countTries({ outcome }),
      }),
  );
  const loops = [
    every(LOOK_MS, () => watch.step(), onError),
    ...outboxes.map((outbox) => every(SEND_MS, () => outbox.step(), onError)),
  ];
  if (receivers.length > 0)
    log.info('alerts are sent', { to: receivers.map(({ host, format }) => `${host} (${format})`) });
  return {
    async stop() {
      for (const outbox of outboxes) outbox.stop();
      await Promise.all(loops.map((loop) => loop.stop()));
      if (receivers.length > 0) await within(STOP_MS, watch.giveBack()).catch(() => undefined);
    },
  };
}
