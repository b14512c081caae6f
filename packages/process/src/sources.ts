import type { Provider } from '@hookline/core';
import { matchesType } from '@hookline/core';
import { readFileSync, statSync } from 'node:fs';
import type { Problems } from './config-error.ts';
import type { Environment } from './environment.ts';

/** One configured endpoint: `/webhooks/<name>`. */
export interface Source {
  readonly name: string;
  readonly provider: Provider;
  /** The public address of the endpoint, for providers that sign it. */
  readonly url?: string;
  /** All of them are accepted, so that one can be replaced by the next. Asked at every request: a file may change. */
  secrets(): readonly string[];
  /** The job priority of an event type (1 first); `undefined` when no source has priorities. */
  priorityOf(type: string): number | undefined;
}

/** What an event without a priority of its own has, once any source sets one. */
const STANDARD_PRIORITY = 5;
const LARGEST_PRIORITY = 2 ** 21 - 1;

const PREFIXES = ['WEBHOOK_SECRET_', 'WEBHOOK_PROVIDER_', 'WEBHOOK_URL_', 'WEBHOOK_PRIORITY_'] as const;

/**
 * The sources that the environment names: `WEBHOOK_SECRET_STRIPE_EU` with `WEBHOOK_PROVIDER_STRIPE_EU=stripe` is
 * the source `stripe-eu`. Problems never hold a secret.
 * @param warn told when a secret file can no longer be read; the last secrets that were read stay in use
 */
export function readSources(
  env: Environment,
  providers: ReadonlyMap<string, Provider>,
  problems: Problems,
  warn: (message: string) => void,
): ReadonlyMap<string, Source> {
  const sources = new Map<string, Source>();
  const keys = sourceKeys(env);
  const priorities = new Map([...keys].map((key) => [key, readPriorities(env, key, problems)]));
  const anyPriority = [...priorities.values()].some((rules) => rules.length > 0);

  for (const key of keys) {
    const name = key.toLowerCase().replaceAll('_', '-');
    const providerName = env[`WEBHOOK_PROVIDER_${key}`] || name;
    const provider = providers.get(providerName);
    const secrets = readSecrets(env, key, problems, warn);
    if (provider === undefined) {
      const known = [...providers.keys()].toSorted().join(', ');
      problems.add(
        `WEBHOOK_PROVIDER_${key}: '${providerName}' is no provider that Hookline knows; write one of ${known}`,
      );
    }
    if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name))
      problems.add(
        `WEBHOOK_SECRET_${key}: use letters and digits with single _ between them in the source's name`,
      );
    if (provider === undefined || secrets === undefined) continue;
    const url = env[`WEBHOOK_URL_${key}`];
    if (url && !URL.canParse(url))
      problems.add(`WEBHOOK_URL_${key}: is not a web address; write the one that the provider was given`);
    const rules = priorities.get(key) ?? [];
    sources.set(name, {
      name,
      provider,
      secrets,
      ...(url ? { url } : {}),
      priorityOf: (type) =>
        anyPriority
          ? (rules.find(({ pattern }) => matchesType(pattern, type))?.priority ?? STANDARD_PRIORITY)
          : undefined,
    });
  }
  return sources;
}

/** `STRIPE_EU` for every `WEBHOOK_…_STRIPE_EU`; `…_FILE` belongs to its secret unless it has a provider of its own. */
function sourceKeys(env: Environment): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const [key, value] of Object.entries(env)) {
    const prefix = PREFIXES.find((known) => key.startsWith(known));
    if (prefix === undefined || !value) continue;
    const rest = key.slice(prefix.length);
    const isFile = prefix === 'WEBHOOK_SECRET_' && rest.endsWith('_FILE') && !env[`WEBHOOK_PROVIDER_${rest}`];
    keys.add(isFile ? rest.slice(0, -'_FILE'.length) : rest);
  }
  return keys;
}

function readSecrets(
  env: Environment,
  key: string,
  problems: Problems,
  warn: (message: string) => void,
): (() => readonly string[]) | undefined {
  const inline = splitSecrets(env[`WEBHOOK_SECRET_${key}`] ?? '');
  const file = env[`WEBHOOK_PROVIDER_${key}_FILE`] ? undefined : env[`WEBHOOK_SECRET_${key}_FILE`];
  if (file) {
    if (inline.length > 0)
      problems.add(`WEBHOOK_SECRET_${key}: is set beside WEBHOOK_SECRET_${key}_FILE; keep one of them`);
    return secretsFromFile(file, `WEBHOOK_SECRET_${key}_FILE`, problems, warn);
  }
  if (inline.length > 0) return () => inline;
  problems.add(
    `WEBHOOK_SECRET_${key}: is missing or empty; write the signing secret that the provider shows for this endpoint`,
  );
  return undefined;
}

/** Reads the file again whenever it changes, so that a secret can be replaced without a restart. */
function secretsFromFile(
  file: string,
  key: string,
  problems: Problems,
  warn: (message: string) => void,
): (() => readonly string[]) | undefined {
  let secrets: readonly string[] = [];
  let seen = '';
  let warned = false;

  function refresh(): void {
    const { mtimeMs, size, ino } = statSync(file);
    const stamp = `${mtimeMs}/${size}/${ino}`;
    if (stamp === seen) return;
    const read = splitSecrets(readFileSync(file, 'utf8'));
    if (read.length === 0) throw new Error('it is empty');
    secrets = read;
    seen = stamp;
    warned = false;
  }

  try {
    refresh();
  } catch (error) {
    problems.add(`${key}: ${file} cannot be used: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
  return () => {
    try {
      refresh();
    } catch (error) {
      if (!warned)
        warn(
          `${key} cannot be read any more (${error instanceof Error ? error.message : String(error)}); the secrets read before stay in use`,
        );
      warned = true;
    }
    return secrets;
  };
}

function splitSecrets(text: string): readonly string[] {
  return text
    .split(/[,\r\n]/)
    .map((secret) => secret.trim())
    .filter((secret) => secret !== '');
}

function readPriorities(
  env: Environment,
  key: string,
  problems: Problems,
): { pattern: string; priority: number }[] {
  return (env[`WEBHOOK_PRIORITY_${key}`] ?? '')
    .split(',')
    .map((rule) => rule.trim())
    .filter((rule) => rule !== '')
    .flatMap((rule) => {
      const match = /^(\S+?)\s*=\s*(\d+)$/.exec(rule);
      const priority = Number(match?.[2]);
      if (match?.[1] !== undefined && priority >= 1 && priority <= LARGEST_PRIORITY)
        return [{ pattern: match[1], priority }];
      problems.add(
        `WEBHOOK_PRIORITY_${key}: '${rule}' is not type=priority; write for example payment_intent.succeeded=1, invoice.*=3 (1 is first, ${LARGEST_PRIORITY} last)`,
      );
      return [];
    });
}
