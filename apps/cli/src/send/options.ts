import { explain, milliseconds } from '@hookline/core';
import { parseArgs } from 'node:util';
import { UsageError } from '../command.ts';

/** What `send` was asked for. */
export interface SendOptions {
  readonly provider?: string;
  readonly type?: string;
  readonly source?: string;
  readonly to?: string;
  readonly secret?: string;
  /** A file, or JSON. */
  readonly data?: string;
  /** A file that `events sample` wrote. */
  readonly sample?: string;
  /** How many events. */
  readonly count: number;
  /** How many a second; as fast as they are answered unless given. */
  readonly rate?: number;
  /** How long before now they are signed, in milliseconds; after now when negative. */
  readonly late: number;
  readonly duplicate: boolean;
  readonly reorder: boolean;
  readonly tamper: boolean;
  readonly wrongSecret: boolean;
  readonly list: boolean;
}

const MOST_EVENTS = 1_000_000;
const HIGHEST_RATE = 100_000;
/** Enough for another order to be seen. */
const REORDERED = 5;

const FLAG = { type: 'boolean', default: false } as const;
const TEXT = { type: 'string' } as const;
const OPTIONS = {
  source: TEXT,
  to: TEXT,
  secret: TEXT,
  data: TEXT,
  sample: TEXT,
  count: TEXT,
  rate: TEXT,
  late: TEXT,
  duplicate: FLAG,
  reorder: FLAG,
  tamper: FLAG,
  'wrong-secret': FLAG,
  list: FLAG,
} as const;

/**
 * Reads the arguments behind `send` itself: values are kept to the letter, where cac makes numbers of what looks like
 * one (a secret `0123`, the JSON `1.0`).
 * @throws UsageError that names the argument and what to write
 */
export function readSendOptions(args: readonly string[]): SendOptions {
  const { values, positionals } = parsed(args);
  const [provider, type, ...more] = positionals;
  if (more.length > 0) throw new UsageError(`${more.join(' ')}: send takes a provider and a type, no more`);
  const { source, to, secret, data, sample, duplicate, reorder, tamper, list } = values;
  const count = values.count === undefined ? (reorder ? REORDERED : 1) : countOf(values.count);
  if (reorder && count === 1) throw new UsageError('--reorder needs several events: add --count 2, or more');
  if (sample !== undefined && data !== undefined)
    throw new UsageError('--sample has a body of its own: leave --data out');
  if (values.rate !== undefined && count === 1)
    throw new UsageError('--rate is how many a second: add --count, how many in all');
  return {
    ...(provider === undefined ? {} : { provider }),
    ...(type === undefined ? {} : { type }),
    ...(source === undefined ? {} : { source }),
    ...(to === undefined ? {} : { to }),
    ...(secret === undefined ? {} : { secret }),
    ...(data === undefined ? {} : { data }),
    ...(sample === undefined ? {} : { sample }),
    ...(values.rate === undefined ? {} : { rate: rateOf(values.rate) }),
    late: values.late === undefined ? 0 : lateOf(values.late),
    count,
    duplicate,
    reorder,
    tamper,
    wrongSecret: values['wrong-secret'],
    list,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${explain(error)}; 'hookline send --help' shows what it takes`, { cause: error });
  }
}

/** `--late -400s` as parsers of options want it: one that begins with `-` would be taken for an option. */
export function joinNegative(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    if (joined.at(-1) === '--late' && /^-[\d.]/.test(arg)) joined.push(`${joined.pop()}=${arg}`);
    else joined.push(arg);
  }
  return joined;
}

function countOf(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= MOST_EVENTS) return count;
  throw new UsageError(`--count is ${text}: use a whole number from 1 to ${MOST_EVENTS}`);
}

function rateOf(text: string): number {
  const rate = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && rate > 0 && rate <= HIGHEST_RATE) return rate;
  throw new UsageError(`--rate is ${text}: use a number of events a second, up to ${HIGHEST_RATE}`);
}

function lateOf(text: string): number {
  const [, minus, length = ''] = /^(-?)(.*)$/s.exec(text) ?? [];
  try {
    return milliseconds(length) * (minus === '-' ? -1 : 1);
  } catch {
    throw new UsageError(
      `--late is ${text}: use a duration like 400s or 2h; -400s signs as if that far in the future`,
    );
  }
}
