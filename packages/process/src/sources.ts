import type { Provider, Source } from '@hookline/core';
import type { Problems } from './config-error.ts';
import { isProduction, type Environment } from './environment.ts';
import { priorityOf, readPriorities } from './priorities.ts';
import { sizeSetting } from './settings.ts';
import { secretsFromFile, secretsProblem, splitSecrets, type Secrets } from './secrets.ts';

/** The providers that there are, and how a line of settings describes another. */
export interface KnownProviders {
  readonly providers: ReadonlyMap<string, Provider>;
  /** The kinds of providers that a line describes; `hmac` alone unless given. */
  readonly described?: readonly string[];
  /** Reads the way to what events are about; absent where that is not wanted. */
  subjectAt?(path: string): ((body: Buffer) => string | undefined) | { readonly problem: string };
  /** @param kind one of `described` */
  describe(
    text: string,
    kind: string,
  ):
    | { readonly ok: true; readonly provider: Provider }
    | { readonly ok: false; readonly problems: readonly string[] };
}

const DESCRIBED: readonly string[] = ['hmac'];
/** Its secrets are logins. */
const BASIC_AUTH = 'basic-auth';
/** For those that cannot do without. */
const EXAMPLES: Readonly<Record<string, string>> = {
  hmac: 'header=x-signature; prefix=sha256=; encoding=hex; algorithm=sha256; content={body}',
  'secret-header': 'header=x-secret-token; id=body:id; type=body:type',
};

/** The settings of a source, without its name. */
export const SOURCE_PREFIXES = [
  'WEBHOOK_SECRET_',
  'WEBHOOK_PROVIDER_',
  'WEBHOOK_SCHEME_',
  'WEBHOOK_URL_',
  'WEBHOOK_PRIORITY_',
  'WEBHOOK_BODY_LIMIT_',
  'WEBHOOK_SUBJECT_',
] as const;

/**
 * The sources that the environment names: `WEBHOOK_SECRET_STRIPE_EU` with `WEBHOOK_PROVIDER_STRIPE_EU=stripe` is
 * the source `stripe-eu`. `WEBHOOK_PROVIDER_ACME=hmac` with `WEBHOOK_SCHEME_ACME` is a provider of one's own. Problems never hold a secret.
 * @param warn told when a secret file can no longer be read; the last secrets that were read stay in use
 */
export function readSources(
  env: Environment,
  known: KnownProviders,
  problems: Problems,
  warn: (message: string) => void,
): ReadonlyMap<string, Source> {
  const sources = new Map<string, Source>();
  const keyOf = new Map<string, string>();
  const keys = sourceKeys(env);
  const priorities = new Map([...keys].map((key) => [key, readPriorities(env, key, problems)]));
  const anyPriority = [...priorities.values()].some((rules) => rules.length > 0);

  for (const key of keys) {
    const name = key.toLowerCase().replaceAll('_', '-');
    if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)) {
      problems.add(
        `WEBHOOK_SECRET_${key}: names no source; use letters and digits with single _ between them after WEBHOOK_SECRET_`,
      );
      continue;
    }
    const twin = keyOf.get(name);
    keyOf.set(name, key);
    if (twin !== undefined)
      problems.add(`WEBHOOK_SECRET_${key}: is the source ${name} like WEBHOOK_SECRET_${twin}; keep one`);
    const provider = providerOf(env, key, name, known, problems);
    const secrets = readSecrets(env, key, problems, warn);
    const url = env[`WEBHOOK_URL_${key}`];
    if (url && !isWebAddress(url))
      problems.add(
        `WEBHOOK_URL_${key}: is not a web address; write the one that the provider was given, with https://`,
      );
    if (provider === undefined || secrets === undefined) continue;
    if (isProduction(env)) {
      if (provider.signsUrl && !url)
        warn(
          `WEBHOOK_URL_${key}: is not set, and ${provider.name} signs the public address; write the one that the provider was given`,
        );
      if (secrets.current().some((secret) => TEST_KEY.test(secret)))
        problems.add(
          `WEBHOOK_SECRET_${key}: is a test key, which anybody may hold; write what the provider shows for this endpoint`,
        );
    }
    const limit = env[`WEBHOOK_BODY_LIMIT_${key}`]
      ? sizeSetting(env, `WEBHOOK_BODY_LIMIT_${key}`, '1MiB', problems)
      : undefined;
    const subjectOf = readSubject(env, key, known, problems);
    const rules = priorities.get(key) ?? [];
    sources.set(name, {
      name,
      provider,
      secrets: secrets.current,
      ...(secrets.former && { formerSecrets: secrets.former }),
      ...(url ? { url } : {}),
      ...(limit === undefined ? {} : { bodyLimit: limit }),
      ...(subjectOf === undefined ? {} : { subjectOf, subjectRule: env[`WEBHOOK_SUBJECT_${key}`] ?? '' }),
      priorityOf: (type) => (anyPriority ? priorityOf(type, rules, provider) : undefined),
    });
  }
  return sources;
}

function readSubject(
  env: Environment,
  key: string,
  { subjectAt }: KnownProviders,
  problems: Problems,
): ((body: Buffer) => string | undefined) | undefined {
  const path = env[`WEBHOOK_SUBJECT_${key}`];
  if (!path || subjectAt === undefined) return undefined;
  const read = subjectAt(path);
  if (typeof read === 'function') return read;
  problems.add(`WEBHOOK_SUBJECT_${key}: is no path; ${read.problem}`);
  return undefined;
}

/** No problem quotes the value: a secret ends up in the wrong variable easily. */
function providerOf(
  env: Environment,
  key: string,
  name: string,
  { providers, describe, described = DESCRIBED }: KnownProviders,
  problems: Problems,
): Provider | undefined {
  const chosen = env[`WEBHOOK_PROVIDER_${key}`];
  const scheme = env[`WEBHOOK_SCHEME_${key}`];
  if (chosen !== undefined && described.includes(chosen)) {
    const result = describe(scheme ?? '', chosen);
    if (result.ok) return result.provider;
    if (scheme) for (const problem of result.problems) problems.add(`WEBHOOK_SCHEME_${key}: ${problem}`);
    else
      problems.add(
        `WEBHOOK_SCHEME_${key}: is missing; write how the sender signs, as in '${EXAMPLES[chosen] ?? ''}'`,
      );
    return undefined;
  }
  if (scheme)
    problems.add(
      `WEBHOOK_SCHEME_${key}: is for WEBHOOK_PROVIDER_${key}=${described.join(' or ')} only; set that, or remove the scheme`,
    );
  const provider = providers.get(chosen || name);
  if (provider === undefined) {
    const known = [...providers.keys(), ...described].toSorted().join(', ');
    const what = chosen
      ? 'is no provider that Hookline knows'
      : `is missing, and the source's name ${name} is no provider`;
    problems.add(`WEBHOOK_PROVIDER_${key}: ${what}; write one of ${known}`);
  }
  return provider;
}

/** A key pair that tests and development sign with. */
const TEST_KEY = /(?:^|#)test-key:/;

function isWebAddress(url: string): boolean {
  return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
}

/** `STRIPE_EU` for every `WEBHOOK_…_STRIPE_EU`; `…_FILE` belongs to its secret unless it has a provider of its own. */
function sourceKeys(env: Environment): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const [key, value] of Object.entries(env)) {
    const prefix = SOURCE_PREFIXES.find((known) => key.startsWith(known));
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
): Secrets | undefined {
  const inline = splitSecrets(env[`WEBHOOK_SECRET_${key}`] ?? '');
  const rules = {
    production: isProduction(env),
    areLogins: env[`WEBHOOK_PROVIDER_${key}`] === BASIC_AUTH,
  };
  const file = env[`WEBHOOK_PROVIDER_${key}_FILE`] ? undefined : env[`WEBHOOK_SECRET_${key}_FILE`];
  if (file) {
    if (inline.length > 0)
      problems.add(`WEBHOOK_SECRET_${key}: is set beside WEBHOOK_SECRET_${key}_FILE; keep one of them`);
    return secretsFromFile(file, `WEBHOOK_SECRET_${key}_FILE`, rules, problems, warn);
  }
  const problem = secretsProblem(inline, rules);
  if (problem !== undefined) {
    problems.add(
      `WEBHOOK_SECRET_${key}: ${problem}; write what the provider shows, or a random one ('openssl rand -hex 24'); commas separate secrets here: one that holds a comma goes into a file, WEBHOOK_SECRET_${key}_FILE`,
    );
    return undefined;
  }
  if (inline.length > 0) return { current: () => inline };
  problems.add(
    `WEBHOOK_SECRET_${key}: is missing or empty; write the signing secret that the provider shows for this endpoint`,
  );
  return undefined;
}

/** Sources' names for a line of text: all of a few, the first ones of many. */
export function namesOf(names: Iterable<string>, most = 8): string {
  const all = [...names];
  if (all.length <= most) return all.join(', ') || 'none';
  return `${all.slice(0, most).join(', ')} and ${all.length - most} more`;
}
