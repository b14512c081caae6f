import type { Provider, Source } from '@hookline/core';
import { providers } from '@hookline/providers';
import { UsageError } from '../command.ts';
import type { CliConfig } from '../config.ts';
import { findReceiver } from '../receiver-address.ts';
import type { SendOptions } from './options.ts';
import { queryOf, type Endpoint } from './sample-request.ts';

/** Whom to send to, and as whom. */
export interface Target extends Endpoint {
  readonly source: string;
  /** The settings of the event store to follow the event in; absent for a receiver that is not ours. */
  readonly config?: CliConfig;
  /** What to know about how it is signed. */
  readonly notes: readonly string[];
}

type Asked = Pick<SendOptions, 'source' | 'to' | 'secret'>;

/**
 * Finds the provider's endpoint and secrets: the source's that is configured here, or what `--to` and `--secret` say.
 * @param readConfig reads this machine's settings: not needed for somebody else's receiver
 * @throws UsageError when these options cannot be; Error that says what to set
 */
export function findTarget(providerName: string, options: Asked, readConfig: () => CliConfig): Target {
  const source = options.source ?? providerName;
  const { to, secret } = options;
  if (secret !== undefined) {
    if (to === undefined)
      throw new UsageError(
        '--secret is for a receiver that is not configured here: add --to with its address, or leave --secret out',
      );
    const url = endpointUrl(to, source);
    const provider = findProvider(providerName, undefined);
    return { provider, source, secrets: [secret], url, signedUrl: url.href, notes: [] };
  }
  const config = readConfig();
  const configured = config.sources.get(source);
  const provider = findProvider(providerName, configured);
  if (configured === undefined) throw noSource(source, config);
  if (configured.provider.name !== providerName)
    throw new UsageError(
      `the source ${source} is of the provider ${configured.provider.name}: use 'send ${configured.provider.name} --source ${source}'`,
    );
  const url = endpointUrl(
    to ?? findReceiver(config.dataDir) ?? `http://127.0.0.1:${config.receiverPort}`,
    source,
  );
  const asked = `${url.pathname}${url.search}`;
  const unknown = provider.signsUrl && configured.url === undefined;
  return {
    provider,
    source,
    url,
    config,
    secrets: configured.secrets(),
    signedUrl: configured.url === undefined ? asked : withQuery(configured.url, url.search),
    notes: unknown
      ? [
          `note: ${provider.name} signs the public address, and none is configured: this is signed for ${url.pathname} alone, as a receiver without one reads it. For real requests set WEBHOOK_URL_${keyOf(source)} to the address that the provider was given`,
        ]
      : [],
  };
}

/**
 * The provider of a name; one that is described in the settings is known by its source.
 * @throws UsageError that names those there are
 */
export function findProvider(name: string, source: Source | undefined): Provider {
  const provider = providers.get(name) ?? (source?.provider.name === name ? source.provider : undefined);
  if (provider !== undefined) return provider;
  throw new UsageError(
    `no provider is named '${name}'; choose one of ${[...providers.keys()].toSorted().join(', ')}`,
  );
}

/** An address without a path is a receiver's, whose sources stand at `/webhooks/<source>`; any other is taken as it is. */
function endpointUrl(to: string, source: string): URL {
  const url = URL.canParse(to) ? new URL(to) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new UsageError(
      `--to is no web address: write http://host:port, or the whole address of an endpoint`,
    );
  if (url.pathname === '/') url.pathname = `/webhooks/${source}`;
  return url;
}

/** As the receiver puts it together: the address that the provider was given, with the query that was asked for. */
function withQuery(configured: string, asked: string): string {
  return asked === '' ? configured : configured.replace(/[?#].*$/, '') + queryOf(asked);
}

function noSource(source: string, { sources }: CliConfig): Error {
  const known = [...sources.keys()].toSorted().join(', ') || 'none';
  return new Error(
    `no source is named '${source}' (known: ${known}); set WEBHOOK_SECRET_${keyOf(source)}, or run 'npm start' once, which makes a secret for each provider; for a receiver elsewhere use --to and --secret`,
  );
}

function keyOf(source: string): string {
  return source.toUpperCase().replaceAll('-', '_');
}
