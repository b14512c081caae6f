import { createHmac, timingSafeEqual } from 'node:crypto';

const TOLERANCE_S = 300;

/** What everybody writes who checks Stripe's signatures by hand. */
export function isSignedByStripe(header: string | undefined, body: Buffer, secret: string): boolean {
  const match = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(header ?? '');
  if (match === null) return false;
  const [, time = '', given = ''] = match;
  if (Math.abs(Date.now() / 1000 - Number(time)) > TOLERANCE_S) return false;
  const expected = createHmac('sha256', secret).update(`${time}.`).update(body).digest();
  return timingSafeEqual(expected, Buffer.from(given, 'hex'));
}
