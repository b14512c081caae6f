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

export function portSetting(
  env: Environment,
  key: string,
  standard: number,
  problems: Problems,
): PortSetting {
  const port = z.coerce
    .number('use a port from 0 to 65535')
    .int('use a whole number')
    .min(0, 'use a port from 0 to 65535')
    .max(65_535, 'use a port from 0 to 65535');
  const chosen = setting(env, key, port.optional(), problems, undefined);
  return chosen === undefined ? { port: standard, explicit: false } : { port: chosen, explicit: true };
}

/** A whole number within bounds. */
export function countSetting(
  env: Environment,
  key: string,
  standard: number,
  [min, max]: readonly [number, number],
  problems: Problems,
): number {
  const message = `use a whole number from ${min} to ${max}`;
  return setting(
    env,
    key,
    z.coerce.number(message).int(message).min(min, message).max(max, message).default(standard),
    problems,
    standard,
  );
}
