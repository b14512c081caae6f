import { lookup as resolve, type LookupAddress } from 'node:dns';
import { request } from 'node:https';
import { isPublicAddress } from './public-address.ts';

/** What stood at an address. `refused`: the server has said no, and would again. */
export type FetchedText =
  | { readonly kind: 'text'; readonly text: string; readonly maxAgeSeconds: number | undefined }
  | { readonly kind: 'refused' };

/** @throws Error when it cannot be reached, answers too much, too late, or with a fault of its own */
export type FetchText = (url: string) => Promise<FetchedText>;

export interface FetchTextOptions {
  /** Which addresses may be connected to. Default: those of the public internet. */
  readonly mayConnect?: (address: string) => boolean;
  /** Resolves names; Node's own unless given. */
  readonly resolve?: (hostname: string) => Promise<readonly LookupAddress[]>;
  /** For a server of one's own in tests. */
  readonly server?: { readonly port: number; readonly ca: string };
}

const LIMIT_BYTES = 256 * 2 ** 10;
const DEADLINE_MS = 5_000;

/**
 * Fetches small texts over https from addresses that strangers may name, after the caller has found them allowed:
 * no redirects, no private networks. The address that was checked is the one that is connected to, so that a name
 * cannot answer differently the second time.
 */
export function createFetchText(options: FetchTextOptions = {}): FetchText {
  const { mayConnect = isPublicAddress, server } = options;
  const resolveAll = options.resolve ?? resolveName;
  return async (url) => {
    const { protocol, hostname, port, username, password, pathname, search } = new URL(url);
    if (protocol !== 'https:' || port !== '' || username !== '' || password !== '')
      throw new Error('only plain https addresses are fetched');
    const found = await resolveAll(hostname);
    const [first] = found;
    if (first === undefined || !found.every(({ address }) => mayConnect(address)))
      throw new Error('the address is not one of the public internet');
    return get({ hostname, path: `${pathname}${search}`, at: first, server });
  };
}

function resolveName(hostname: string): Promise<readonly LookupAddress[]> {
  return new Promise((done, fail) =>
    resolve(hostname, { all: true }, (error, found) => (error ? fail(error) : done(found))),
  );
}

interface Target {
  readonly hostname: string;
  readonly path: string;
  readonly at: LookupAddress;
  readonly server: FetchTextOptions['server'];
}

function get({ hostname, path, at, server }: Target): Promise<FetchedText> {
  return new Promise((done, fail) => {
    const asked = request(
      {
        host: at.address,
        family: at.family,
        servername: hostname,
        path,
        headers: { host: hostname, accept: '*/*', 'user-agent': 'Hookline' },
        agent: false,
        signal: AbortSignal.timeout(DEADLINE_MS),
        ...(server && { port: server.port, ca: server.ca }),
      },
      (response) => {
        const status = response.statusCode ?? 0;
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > LIMIT_BYTES) asked.destroy(new Error(`more than ${LIMIT_BYTES} bytes`));
          else chunks.push(chunk);
        });
        response.on('error', fail);
        response.on('end', () => {
          if (status === 200)
            done({
              kind: 'text',
              text: Buffer.concat(chunks).toString('utf8'),
              maxAgeSeconds: maxAge(response.headers['cache-control']),
            });
          else if (status >= 300 && status < 500 && status !== 429) done({ kind: 'refused' });
          else fail(new Error(`answered ${status}`));
        });
      },
    );
    asked.on('error', fail).end();
  });
}

function maxAge(header: string | undefined): number | undefined {
  const seconds = /(?:^|[\s,])max-age=(\d{1,9})/.exec(header ?? '')?.[1];
  return seconds === undefined ? undefined : Number(seconds);
}
