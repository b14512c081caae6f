import { describe, expect, it } from '@jest/globals';
import { Problems, trustedProxiesSetting } from '../src/index.ts';

function read(value: string): unknown {
  const problems = new Problems();
  const trusted = trustedProxiesSetting({ TRUST_PROXY: value }, problems);
  problems.throwIfAny();
  return trusted;
}

describe('TRUST_PROXY', () => {
  it.each<[string, unknown]>([
    ['', []],
    ['2', 2],
    ['10.0.0.0/8, 192.0.2.7,2001:db8::/32', ['10.0.0.0/8', '192.0.2.7', '2001:db8::/32']],
    ['loopback', ['127.0.0.0/8', '::1']],
  ])('%j is %j', (value, expected) => {
    expect(read(value)).toEqual(expected);
  });

  it.each(['true', '10.0.0.0/33', '1.2.3', 'proxy.example', '99', '*'])('cannot be %j', (value) => {
    expect(() => read(value)).toThrow(/TRUST_PROXY: /);
  });
});
