import { explain, milliseconds } from '@hookline/core';
import { z } from 'zod';
import type { Problems } from './config-error.ts';
import type { Environment } from './environment.ts';

/** A port, and whether somebody chose it: a default one may move when it is taken. */
export interface PortSetting {
  readonly port: number;
  readonly explicit: boolean;
}

/**
 * Reads one setting with a zod schema. An unset or empty variable is `undefined` to the schema.
 * @returns the schema's output; after a problem, the fallback, so that reading can go on to find the next one
 */
export function setting<Schema extends z.ZodType>(
  env: Environment,
  key: string,
  schema: Schema,
  problems: Problems,
  fallback: z.output<Schema>,
): z.output<Schema> {
  const result = schema.safeParse(env[key] === '' ? undefined : env[key]);
  if (result.success) return result.data;
  problems.add(`${key}: ${result.error.issues.map(({ message }) => message).join('; ')}`);
  return fallback;
}

/** A whole number in plain digits: what `Number()` also takes (a blank, `0x10`, `1e3`) is rather a slip. */
function wholeNumber([min, max]: readonly [number, number], message: string) {
  return z
    .string()
    .trim()
    .regex(/^\d+$/, message)
    .transform(Number)
    .refine((value) => value >= min && value <= max, message)
    .optional();
}

export function portSetting(
  env: Environment,
  key: string,
  standard: number,
  problems: Problems,
): PortSetting {
  const schema = wholeNumber([0, 65_535], 'use a port from 0 to 65535');
  const chosen = setting(env, key, schema, problems, undefined);
  return chosen === undefined ? { port: standard, explicit: false } : { port: chosen, explicit: true };
}

/** A whole number within bounds. */
export function countSetting(
  env: Environment,
  key: string,
  standard: number,
  bounds: readonly [number, number],
  problems: Problems,
): number {
  const schema = wholeNumber(bounds, `use a whole number from ${bounds[0]} to ${bounds[1]}`);
  return setting(env, key, schema, problems, undefined) ?? standard;
}

/**
 * An address with one of the given protocols. It may hold a password, so a problem doesn't repeat it.
 * @param protocols as in `['https:', 'http:']`
 */
export function urlSetting(
  env: Environment,
  key: string,
  protocols: readonly string[],
  problems: Problems,
): string | undefined {
  const message = `is no address; write it as ${protocols.map((protocol) => `${protocol}//host/…`).join(' or ')}`;
  const isAddress = (value: string): boolean =>
    URL.canParse(value) && protocols.includes(new URL(value).protocol);
  return setting(env, key, z.string().refine(isAddress, message).optional(), problems, undefined);
}

const UNITS = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;

/** A size like `512MiB`, or a number of bytes; in bytes. */
export function sizeSetting(env: Environment, key: string, standard: string, problems: Problems): number {
  const [, digits = '', unit] = /^([1-9]\d{0,14})(KiB|MiB|GiB)?$/.exec((env[key] || standard).trim()) ?? [];
  const bytes = Number(digits) * (unit === undefined ? 1 : UNITS[unit as keyof typeof UNITS]);
  if (bytes > 0 && Number.isSafeInteger(bytes)) return bytes;
  problems.add(`${key}: use a size like 512MiB or 1GiB, or a number of bytes`);
  return sizeSetting({}, key, standard, problems);
}

/** A duration like `30s`, in milliseconds. */
export function durationSetting(env: Environment, key: string, standard: string, problems: Problems): number {
  try {
    const value = env[key] || standard;
    return milliseconds(/^\d+$/.test(value) ? Number(value) : value);
  } catch (error) {
    problems.add(`${key}: ${explain(error)}`);
    return milliseconds(standard);
  }
}
