import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv6, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/**
 * Whom to believe what `X-Forwarded-For` says: the addresses and subnets of proxies, or how many proxies there are in a
 * row. With none the peer is who connects.
 */
export type TrustedProxies = number | readonly string[];

/** Says who sends a request, for limits: an address, of IPv6 the network, of which one customer has all addresses. */
export type PeerOf = (request: Pick<IncomingMessage, 'headers' | 'socket'>) => string;

export function createPeerOf(trusted: TrustedProxies = []): PeerOf {
  const isProxy = proxyTest(trusted);
  const connected = createConnected();
  return ({ headers, socket }) => {
    const own = connected(socket);
    const forwarded = headers['x-forwarded-for'];
    if (forwarded === undefined) return own.network;
    const said = [forwarded].flat().join(',').split(',').toReversed();
    let peer = own.address;
    for (const [hop, text] of said.entries()) {
      const next = isProxy(peer, hop) ? plainAddress(text) : undefined;
      if (next === undefined) break;
      peer = next;
    }
    return networkOf(peer);
  };
}

/** Says whether a request came by HTTPS: to us, or to a proxy that is believed. */
export type IsSecure = (request: Pick<IncomingMessage, 'headers' | 'socket'>) => boolean;

export function createIsSecure(trusted: TrustedProxies = []): IsSecure {
  const isProxy = proxyTest(trusted);
  const connected = createConnected();
  return ({ headers, socket }) => {
    if (socket instanceof TLSSocket) return true;
    // Of several proxies the first one met the browser.
    const [first = ''] = [headers['x-forwarded-proto'] ?? ''].flat().join(',').split(',');
    return first.trim().toLowerCase() === 'https' && isProxy(connected(socket).address, 0);
  };
}

function proxyTest(trusted: TrustedProxies): (address: string, hop: number) => boolean {
  return typeof trusted === 'number' ? (_, hop) => hop < trusted : within(trusted);
}

interface Connected {
  readonly address: string;
  readonly network: string;
}

/**
 * Who connects, which is the same for every request of a socket: reading an address anew cost 4 % of an accepted event.
 * A socket that has ended has no address any more, which is nothing to remember.
 */
function createConnected(): (socket: Pick<Socket, 'remoteAddress'>) => Connected {
  const known = new WeakMap<Pick<Socket, 'remoteAddress'>, Connected>();
  return (socket) => {
    const before = known.get(socket);
    if (before !== undefined) return before;
    const address = plainAddress(socket.remoteAddress ?? '') ?? '';
    const connected = { address, network: networkOf(address) };
    if (address !== '') known.set(socket, connected);
    return connected;
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
