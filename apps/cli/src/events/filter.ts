import { EVENT_STATUSES, type EventStatus } from '@hookline/core';
import type { EventSummary } from '@hookline/redis';
import { countOption, UsageError, type Call } from '../command.ts';

/** Which events are meant, by `--status`, `--source` and `--type`. */
export interface Filter {
  readonly count: number;
  readonly status?: EventStatus;
  fits(event: EventSummary): boolean;
  /** The same for the history. */
  readonly query: { readonly source?: string; readonly type?: string; readonly status?: EventStatus };
}

/** @throws UsageError */
export function filterOf(options: Call['options']): Filter {
  const { status, source, type } = options;
  const known = EVENT_STATUSES.find((each) => each === status);
  if (status !== undefined && known === undefined)
    throw new UsageError(`--status is ${String(status)}: use one of ${EVENT_STATUSES.join(', ')}`);
  const [begin, ...rest] = type === undefined ? [] : String(type).split('*');
  if (rest.length > 1 || rest.join('') !== '')
    throw new UsageError("--type may hold one '*', at its end, as in 'invoice.*'");
  return {
    count: countOption(options['count']),
    ...(known === undefined ? {} : { status: known }),
    query: {
      ...(source === undefined ? {} : { source: String(source) }),
      ...(type === undefined ? {} : { type: String(type) }),
      ...(known === undefined ? {} : { status: known }),
    },
    fits: (event) =>
      (source === undefined || event.source === String(source)) &&
      (begin === undefined || (rest.length === 0 ? event.type === begin : event.type.startsWith(begin))),
  };
}
