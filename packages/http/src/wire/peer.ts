import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv6 } from 'node:net';

/**
 * Whom to believe what `X-Forwarded-For` says: the addresses and subnets of proxies, or how many proxies there are in a
 * row. With none the peer is who connects.
 */
export type TrustedProxies = number | readonly string[];

/** Says who sends a request, for limits: an address, of IPv6 the network, of which one customer has all addresses. */
export type PeerOf = (request: Pick<IncomingMessage, 'headers' | 'socket'>) => string;

export function createPeerOf(trusted: TrustedProxies = []): PeerOf {
  const isProxy = typeof trusted === 'number' ? (_: string, hop: number) => hop < trusted : within(trusted);
  return ({ headers, socket }) => {
    const said = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',').toReversed();
    let peer = plainAddress(socket.remoteAddress ?? '') ?? '';
    for (const [hop, text] of said.entries()) {
      const next = isProxy(peer, hop) ? plainAddress(text) : undefined;
      if (next === undefined) break;
      peer = next;
    }
    return networkOf(peer);
  };
}

function within(addresses: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const entry of addresses) {
    const [address = '', bits] = entry.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return (address) => isIP(address) !== 0 && list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/** Without brackets, port, and what maps IPv4 into IPv6. `undefined` for what is no address. */
function plainAddress(text: string): string | undefined {
  const bare = text
    .trim()
    .replace(/^\[([^\]]+)\](?::\d+)?$/, '$1')
    .replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1')
    .replace(/%.*$/, '')
    .replace(/^::ffff:(?=\d+\.)/i, '');
  return isIP(bare) === 0 ? undefined : bare;
}

function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [before = '', after] = address.toLowerCase().split('::');
  const groups = before === '' ? [] : before.split(':');
  const rest = after === undefined || after === '' ? [] : after.split(':');
  const filled =
    after === undefined
      ? groups
      : [...groups, ...Array<string>(Math.max(0, 8 - groups.length - rest.length)).fill('0'), ...rest];
  return `${filled
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
