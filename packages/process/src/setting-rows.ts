import { z } from 'zod';
import type { Problems } from './config-error.ts';
import type { Environment } from './environment.ts';
import {
  countSetting,
  durationSetting,
  portSetting,
  setting,
  sizeSetting,
  urlSetting,
  type PortSetting,
} from './settings.ts';

/** The processes that read settings. */
export type Program = 'receiver' | 'worker' | 'dashboard' | 'cli';

/** What a setting may be. Without a default it may be left out. */
type Kind =
  | { readonly kind: 'port'; readonly default: number }
  | { readonly kind: 'count'; readonly default: number; readonly from: number; readonly to: number }
  /** A count that may be left out. */
  | { readonly kind: 'whole'; readonly from: number; readonly to: number }
  /** In milliseconds; written like `30s`. */
  | { readonly kind: 'duration'; readonly default: string }
  /** In bytes; written like `512MiB`. */
  | { readonly kind: 'size'; readonly default: string }
  | {
      readonly kind: 'choice';
      readonly of: readonly [string, ...string[]];
      readonly default?: string;
      readonly hint: string;
    }
  | { readonly kind: 'url'; readonly protocols: readonly string[] }
  | { readonly kind: 'text'; readonly default?: string; readonly pattern?: RegExp; readonly hint?: string };

/** One environment variable. */
export type SettingRow = Kind & {
  readonly key: string;
  readonly for: readonly Program[];
  /** What the documentation calls the default, where it is no constant. */
  readonly standard?: string;
  /** Markdown for docs/configuration.md. */
  readonly says: string;
};

type ValueOf<Row extends SettingRow> = Row extends { readonly kind: 'port' }
  ? PortSetting
  : Row extends { readonly kind: 'count' | 'duration' | 'size' }
    ? number
    : Row extends { readonly kind: 'whole' }
      ? number | undefined
      : Row extends { readonly kind: 'choice'; readonly of: readonly (infer Choice)[] }
        ? Row extends { readonly default: string }
          ? Choice
          : Choice | undefined
        : Row extends { readonly default: string }
          ? string
          : string | undefined;

/** The rows of a table that are for one program. */
type For<Row extends SettingRow, Name extends Program> = Row extends {
  readonly for: readonly (infer Who)[];
}
  ? Name extends Who
    ? Row
    : never
  : never;

export type Values<Row extends SettingRow, Name extends Program> = {
  readonly [Each in For<Row, Name> as Each['key']]: ValueOf<Each>;
};

/**
 * Reads the settings of a table that are for one program.
 * @returns their values by key; after a problem, the default, so that reading can go on to find the next one
 */
export function readRows<const Row extends SettingRow, Name extends Program>(
  env: Environment,
  rows: readonly Row[],
  program: Name,
  problems: Problems,
): Values<Row, Name> {
  const mine = rows.filter((row) => row.for.includes(program));
  return Object.fromEntries(mine.map((row) => [row.key, read(env, row, problems)])) as Values<Row, Name>;
}

function read(env: Environment, row: SettingRow, problems: Problems): unknown {
  const { key } = row;
  switch (row.kind) {
    case 'port':
      return portSetting(env, key, row.default, problems);
    case 'count':
      return countSetting(env, key, row.default, [row.from, row.to], problems);
    case 'whole':
      return env[key] ? countSetting(env, key, row.from, [row.from, row.to], problems) : undefined;
    case 'duration':
      return durationSetting(env, key, row.default, problems);
    case 'size':
      return sizeSetting(env, key, row.default, problems);
    case 'choice':
      return setting(env, key, z.enum(row.of, row.hint).optional(), problems, undefined) ?? row.default;
    case 'url':
      return urlSetting(env, key, row.protocols, problems);
    case 'text': {
      const text = row.pattern === undefined ? z.string() : z.string().regex(row.pattern, row.hint);
      return setting(env, key, text.optional(), problems, undefined) ?? row.default;
    }
  }
}
