import type { Provider, ProviderRequest } from '@hookline/core';
import { Sample, welchT } from './welch.ts';

/** What two classes of wrong signatures took, in nanoseconds. */
export interface TimingResult {
  readonly provider: string;
  readonly rounds: number;
  readonly early: number;
  readonly late: number;
  readonly t: number;
}

const BODY = Buffer.from(JSON.stringify({ id: 'evt_1', type: 'timing', data: 'x'.repeat(200) }));
const WARM_UP = 2_000;
/** Pauses of the garbage collector and of the machine are not what is measured: slower rounds are left out. */
const KEPT_SHARE = 0.9;

/**
 * Measures whether the time of a refusal tells where a wrong signature differs (after dudect: Reparaz, Balasch,
 * Verbauwhede, 2017). Two requests that differ from a right one in the first or in the last character of its
 * signature are verified in random order, and Welch's t compares their times.
 * @param now milliseconds since the epoch, at which the request is fresh
 * @param random a number in [0, 1) for each round
 */
export function measureVerify(
  provider: Provider,
  rounds: number,
  now: number,
  random: () => number,
): TimingResult {
  const secret = provider.makeSecret(Buffer.alloc(32, 7));
  const headers = provider.sign(BODY, [secret], now);
  const signed = { method: 'POST', url: '/', headers: { ...headers }, body: BODY };
  if (!provider.verify(signed, [secret], now).ok)
    throw new Error(`${provider.name}: what it signs itself does not verify`);
  const requests = wrongAtBothEnds(provider, signed, secret, now);

  const measured: [number, number][] = [];
  for (let round = -WARM_UP; round < rounds; round += 1) {
    const which = random() < 0.5 ? 0 : 1;
    const begin = process.hrtime.bigint();
    provider.verify(requests[which], [secret], now);
    const took = Number(process.hrtime.bigint() - begin);
    if (round >= 0) measured.push([which, took]);
  }
  const sorted = measured.map(([, took]) => took).toSorted((a, b) => a - b);
  const longest = sorted[Math.floor(sorted.length * KEPT_SHARE)] ?? Infinity;
  const samples = [new Sample(), new Sample()] as const;
  for (const [which, took] of measured) if (took <= longest) samples[which === 0 ? 0 : 1].add(took);
  const [early, late] = samples;
  return {
    provider: provider.name,
    rounds,
    early: early.mean,
    late: late.mean,
    t: welchT(early, late),
  };
}

/** The header that carries the signature is the one whose every character counts. */
function wrongAtBothEnds(
  provider: Provider,
  signed: ProviderRequest,
  secret: string,
  now: number,
): readonly [ProviderRequest, ProviderRequest] {
  for (const [name, value] of Object.entries(signed.headers)) {
    const match = /[A-Za-z0-9+/]{27,}={0,2}$/.exec(value);
    if (match === null) continue;
    const digits = match[0].replace(/=+$/, '').length;
    const request = (at: number): ProviderRequest => ({
      ...signed,
      headers: { ...signed.headers, [name]: withOther(value, match.index + at) },
    });
    // The last character of base64 may hold spare bits, so the one before it is changed.
    const wrong = [request(0), request(digits - 2)] as const;
    const verdicts = wrong.map((each) => provider.verify(each, [secret], now));
    if (verdicts.every((verdict) => !verdict.ok && verdict.reason === 'mismatch')) return wrong;
  }
  throw new Error(`${provider.name}: no header of it holds a signature whose characters could be changed`);
}

/** The same text with another digit of the same alphabet at one place. */
function withOther(text: string, at: number): string {
  const other = text[at] === '1' ? '2' : '1';
  return text.slice(0, at) + other + text.slice(at + 1);
}
