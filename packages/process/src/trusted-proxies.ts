import { isIP } from 'node:net';
import type { Problems } from './config-error.ts';
import type { Environment } from './environment.ts';

const NAMED: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1'],
  private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7', '127.0.0.0/8', '::1'],
};
const MOST_HOPS = 10;

/**
 * `TRUST_PROXY`: whose word of where a request comes from counts. How many proxies stand in a row, or their addresses.
 * @returns none unless it is set: then the peer is who connects
 */
export function trustedProxiesSetting(env: Environment, problems: Problems): number | readonly string[] {
  const value = (env['TRUST_PROXY'] ?? '').trim();
  if (/^\d+$/.test(value)) {
    if (Number(value) <= MOST_HOPS) return Number(value);
    problems.add(`TRUST_PROXY: use at most ${MOST_HOPS} proxies in a row`);
    return [];
  }
  const entries = value.split(',').map((entry) => entry.trim());
  return entries.flatMap((entry, index) => {
    if (entry === '') return [];
    const named = NAMED[entry.toLowerCase()];
    if (named !== undefined) return named;
    if (isNetwork(entry)) return [entry];
    problems.add(
      `TRUST_PROXY: entry ${index + 1} is no address; write how many proxies stand in a row, or their addresses, like 10.0.0.0/8, 192.0.2.7, private or loopback`,
    );
    return [];
  });
}

function isNetwork(entry: string): boolean {
  const [, address = '', bits] = /^([\da-f.:]+)(?:\/(\d{1,3}))?$/i.exec(entry) ?? [];
  const family = isIP(address);
  return family !== 0 && Number(bits ?? 0) <= (family === 4 ? 32 : 128);
}
