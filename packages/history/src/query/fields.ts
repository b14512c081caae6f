import { DELIVERY_STATUSES, EVENT_STATUSES, type EventStatus, type SearchQuery } from '@hookline/core';

/** What a query is while it is read. */
export type Draft = { -readonly [Key in keyof SearchQuery]: SearchQuery[Key] };

/** What stands before a colon: how it is read, and how it is written again. */
export interface QueryField {
  /** @returns what is wrong with the value, or undefined */
  read(draft: Draft, value: string, now: number): string | undefined;
  write(query: SearchQuery): string | undefined;
}

export const QUERY_FIELDS: Readonly<Record<string, QueryField>> = {
  source: textField('source'),
  provider: textField('provider'),
  type: textField('type'),
  'provider-id': textField('providerId'),
  subject: textField('subject'),
  id: textField('idPrefix'),
  status: {
    read(draft, value) {
      if (!isOneOf(EVENT_STATUSES, value)) return notOneOf('status', value, EVENT_STATUSES);
      draft.status = value satisfies EventStatus;
      return undefined;
    },
    write: ({ status }) => status,
  },
  handler: {
    read(draft, value) {
      draft.delivery = { ...draft.delivery, handler: value };
      return undefined;
    },
    write: ({ delivery }) => delivery?.handler,
  },
  delivery: {
    read(draft, value) {
      if (!isOneOf(DELIVERY_STATUSES, value)) return notOneOf('delivery', value, DELIVERY_STATUSES);
      draft.delivery = { ...draft.delivery, status: value };
      return undefined;
    },
    write: ({ delivery }) => delivery?.status,
  },
  from: timeField('from'),
  until: timeField('until'),
};

function textField(name: 'source' | 'provider' | 'type' | 'providerId' | 'subject' | 'idPrefix'): QueryField {
  return {
    read(draft, value) {
      draft[name] = value;
      return undefined;
    },
    write: (query) => query[name],
  };
}

function timeField(name: 'from' | 'until'): QueryField {
  return {
    read(draft, value, now) {
      const time = timeOf(value, now);
      if (time === undefined)
        return `${name}:${value} is no time: write ${name}:2026-03-31, ${name}:2026-03-31T14:00Z or, for two hours ago, ${name}:2h`;
      draft[name] = time;
      return undefined;
    },
    write(query) {
      const time = query[name];
      return time === undefined ? undefined : new Date(time).toISOString();
    },
  };
}

const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const ISO = /^[+-]?\d{4,6}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)?)?$/;

/** A date or time, in UTC where no zone is named; or a length of time, for so long ago. */
function timeOf(value: string, now: number): number | undefined {
  const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(value) ?? [];
  if (count !== undefined) return now - Number(count) * UNITS[unit as keyof typeof UNITS];
  if (!ISO.test(value)) return undefined;
  const time = Date.parse(/T[^Z+-]*$/.test(value) ? `${value}Z` : value);
  return Number.isNaN(time) ? undefined : time;
}

function isOneOf<Value extends string>(values: readonly Value[], value: string): value is Value {
  return (values as readonly string[]).includes(value);
}

function notOneOf(field: string, value: string, values: readonly string[]): string {
  return `${field}:${value} is none: there are ${values.map((each) => `${field}:${each}`).join(', ')}`;
}
