import { describe, expect, it } from '@jest/globals';
import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { createIsSecure, createPeerOf, type TrustedProxies } from '../../src/wire/peer.ts';

function peer(trusted: TrustedProxies | undefined, remoteAddress: string, forwarded?: string): string {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  return createPeerOf(trusted)({ headers, socket: { remoteAddress } as Socket });
}

describe('who sends a request', () => {
  it.each<[string, TrustedProxies | undefined, string, string | undefined, string]>([
    ['is who connects', undefined, '192.0.2.1', undefined, '192.0.2.1'],
    ['is not who a stranger claims to be', undefined, '192.0.2.1', '203.0.113.9', '192.0.2.1'],
    ['nor before a proxy that is not there', ['10.0.0.0/8'], '192.0.2.1', '203.0.113.9', '192.0.2.1'],
    ['is whom the proxy names', ['10.0.0.0/8'], '10.1.2.3', '203.0.113.9', '203.0.113.9'],
    ['and not whom its client claims', ['10.0.0.0/8'], '10.1.2.3', '1.2.3.4, 203.0.113.9', '203.0.113.9'],
    [
      'goes through proxies in a row',
      ['10.0.0.0/8', '::1'],
      '::1',
      '1.2.3.4,203.0.113.9, 10.0.0.7',
      '203.0.113.9',
    ],
    ['or so many hops', 2, '10.1.2.3', '1.2.3.4, 203.0.113.9, 10.0.0.7', '203.0.113.9'],
    ['with fewer hops than said', 5, '10.1.2.3', '203.0.113.9', '203.0.113.9'],
    ['is the proxy when that says nonsense', 1, '10.1.2.3', 'unknown', '10.1.2.3'],
    ['has no port', 1, '10.1.2.3', '203.0.113.9:1234', '203.0.113.9'],
    ['may be mapped into IPv6', ['10.0.0.0/8'], '::ffff:10.1.2.3', '[2001:db8::9]:443', '2001:db8:0:0::/64'],
    ['is a network of IPv6', undefined, '2001:db8:1:2:3:4:5:6', undefined, '2001:db8:1:2::/64'],
  ])('%s', (_, trusted, address, forwarded, expected) => {
    expect(peer(trusted, address, forwarded)).toBe(expected);
  });
});

describe('the sender of a socket', () => {
  function socketOf(address: string | undefined) {
    let asked = 0;
    const socket = {
      get remoteAddress() {
        asked += 1;
        return address;
      },
    };
    return { socket: socket as unknown as Socket, asked: () => asked };
  }

  it('is read once, and is not that of another socket', () => {
    const peerOf = createPeerOf();
    const [one, other] = [socketOf('192.0.2.1'), socketOf('::ffff:192.0.2.2')];
    for (let request = 0; request < 3; request += 1) {
      expect(peerOf({ headers: {}, socket: one.socket })).toBe('192.0.2.1');
      expect(peerOf({ headers: {}, socket: other.socket })).toBe('192.0.2.2');
    }
    expect([one.asked(), other.asked()]).toEqual([1, 1]);
  });

  it('is still whom a proxy names, of each request anew', () => {
    const peerOf = createPeerOf(['10.0.0.0/8']);
    const { socket } = socketOf('10.0.0.1');
    const said = ['203.0.113.9', undefined, '203.0.113.10', 'nonsense'];
    expect(
      said.map((forwarded) =>
        peerOf({ headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }, socket }),
      ),
    ).toEqual(['203.0.113.9', '10.0.0.1', '203.0.113.10', '10.0.0.1']);
  });

  it('that has no address is nobody, and is asked again', () => {
    const peerOf = createPeerOf();
    const { socket, asked } = socketOf(undefined);
    expect([0, 1].map(() => peerOf({ headers: {}, socket }))).toEqual(['', '']);
    expect(asked()).toBe(2);
  });
});

describe('a request came by HTTPS', () => {
  const plain = (remoteAddress: string) => ({ remoteAddress }) as Socket;

  it.each<[string, TrustedProxies | undefined, Socket, string | undefined, boolean]>([
    ['when its connection is', undefined, new TLSSocket(new Socket()), undefined, true],
    ['whatever is claimed there', undefined, new TLSSocket(new Socket()), 'http', true],
    ['not without', undefined, plain('192.0.2.1'), undefined, false],
    ['not because a stranger claims so', undefined, plain('192.0.2.1'), 'https', false],
    ['nor one beside the proxy', ['10.0.0.0/8'], plain('192.0.2.1'), 'https', false],
    ['when the proxy says so', ['10.0.0.0/8'], plain('::ffff:10.1.2.3'), 'HTTPS', true],
    ['or the first of several', 2, plain('10.1.2.3'), 'https, http', true],
    ['not when only the later ones do', 2, plain('10.1.2.3'), 'http, https', false],
    ['not when the proxy says nothing', 1, plain('10.1.2.3'), undefined, false],
    ['nor when there is no proxy', 0, plain('10.1.2.3'), 'https', false],
  ])('%s', (_, trusted, socket, forwarded, expected) => {
    const headers = forwarded === undefined ? {} : { 'x-forwarded-proto': forwarded };
    expect(createIsSecure(trusted)({ headers, socket })).toBe(expected);
  });
});
