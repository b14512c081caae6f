import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { describeHmac } from '../src/index.ts';

const WHOLE =
  'header=X-Signature; prefix=sha256=; encoding=hex; algorithm=sha256; content={timestamp}.{body}; timestamp=header:x-timestamp; tolerance=300; id=body:id; type=header:x-event';
const NOW = 1_800_000_000_000;

function provider(text: string) {
  const described = describeHmac(text);
  if (!described.ok) throw new Error(described.problems.join('; '));
  return described.provider;
}
const problems = (text: string) => {
  const described = describeHmac(text);
  return described.ok ? [] : described.problems;
};

describe('a line of settings', () => {
  it('describes a provider that verifies, names and sends', () => {
    const acme = provider(WHOLE);
    const sample = acme.sample('sample.created', 'u1', NOW);
    const unsigned = {
      method: 'POST',
      url: '/',
      headers: sample?.headers ?? {},
      body: Buffer.from(sample?.body ?? ''),
    };
    const request = acme.signRequest(unsigned, ['s'], NOW);
    expect(request.headers['x-signature']).toMatch(/^sha256=[0-9a-f]{64}$/);
    expect(acme.verify(request, ['s'], NOW + 300_000)).toEqual({ ok: true });
    expect(acme.verify(request, ['s'], NOW + 301_000)).toEqual({ ok: false, reason: 'stale' });
    expect(acme.verify(request, ['t'], NOW)).toEqual({ ok: false, reason: 'mismatch' });
    expect(acme.identify(request)).toEqual({ deliveryId: 'u1', type: 'sample.created' });
    expect(acme.bodyTrusted).toBe(true);
  });

  it.each([
    'header=x-sig',
    'header=x-sig; encoding=base64; key=base64; algorithm=sha512',
    'header=x-sig; separator=","; prefix=v1=; timestamp=signature:t; content={timestamp}.{body}; unit=ms',
    'header=x-sig; separator=";"; prefix=h1=; timestamp=signature:ts; content={timestamp}:{body}; tolerance=5',
    'header=x-sig; timestamp=body:meta.at; unit=iso; content={timestamp}{body}; id=body:meta.id; type=body:meta.type',
    'header=x-sig; content={method}{url}{body}; key=hex;',
    ' header = x-sig ;; content = "{body};" ',
  ])('%s: signs what it verifies', (text) => {
    const acme = provider(text);
    const secret = acme.makeSecret(Buffer.alloc(32, 7));
    const sample = acme.sample('sample.created', 'u1', NOW);
    const request = acme.signRequest(
      { method: 'POST', url: 'https://a.test/', headers: {}, body: Buffer.from(sample?.body ?? '') },
      [secret],
      NOW,
    );
    expect(acme.verify(request, [secret], NOW)).toEqual({ ok: true });
    const body = Buffer.concat([request.body, Buffer.from(' ')]);
    expect(acme.verify({ ...request, body }, [secret], NOW).ok).toBe(false);
  });

  it.each([
    ['', /^header: is missing/],
    ['header=', /^header: has no value/],
    ['header=x y', /^header: cannot be used/],
    ['header=x; header=y', /^header: is there twice/],
    ['header=x; colour=red', /^part 2: has a name that is not known; write one of header, prefix/],
    ['header=x; encoding=binary', /^encoding: cannot be used; write one of hex, base64/],
    ['header=x; algorithm=md5', /^algorithm: cannot be used; write one of sha1, sha256, sha512/],
    ['header=x; key=rot13', /^key: cannot be used; write one of utf8, base64, hex/],
    ['header=x; prefix=sha256', /^prefix: must end in what separates it/],
    ['header=x; content={bdy}', /^content: has a placeholder that is not known/],
    ['header=x; content={timestamp}{body}', /^timestamp: is missing/],
    ['header=x; content={header:y}; timestamp=header:z', /^content: leaves the timestamp out/],
    [
      'header=x; content={timestamp}{body}; timestamp=x-time',
      /^timestamp: cannot be used; write header:<name>/,
    ],
    [
      'header=x; content={timestamp}{body}; timestamp=header:t; tolerance=5m',
      /^tolerance: cannot be used; write whole seconds/,
    ],
    ['header=x; content={timestamp}{body}; timestamp=signature:t', /^separator: is missing/],
    ['header=x; id=id', /^id: cannot be used; write header:<name>, body:<path>/],
  ])('%j is refused with what is wrong', (text, expected) => {
    expect(problems(text)).toContainEqual(expect.stringMatching(expected));
  });

  it('may be anything: it is described or refused, without repeating what it says', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const described = describeHmac(`header=x; content=S3CRET${text}{nope}; ${text}`);
        if (!described.ok) expect(described.problems.join(' ')).not.toContain('S3CRET');
      }),
    );
  });
});
