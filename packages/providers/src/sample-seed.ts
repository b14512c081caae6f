import { createHash } from 'node:crypto';
import type { SampleSeed } from './provider-spec.ts';

/** @param now milliseconds since the epoch */
export function sampleSeed(unique: string, now: number): SampleSeed {
  const digest = (name: string) => createHash('sha256').update(`${unique}\0${name}`).digest();
  return {
    unique,
    seconds: Math.floor(now / 1_000),
    iso: new Date(now).toISOString(),
    number: (name) => 100_000_000_000 + (digest(name).readUIntBE(0, 6) % 900_000_000_000),
    uuid: (name) => asUuid(digest(name)),
  };
}

/** RFC 9562's version 8: an application's own bits. */
function asUuid(digest: Buffer): string {
  const bytes = Buffer.from(digest.subarray(0, 16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
