import { sign, type KeyObject } from 'node:crypto';

const YEAR_MS = 365 * 24 * 60 * 60_000;
/** sha256WithRSAEncryption, commonName: encoded object identifiers. */
const SHA256_WITH_RSA = der(0x30, der(0x06, hex('2a864886f70d01010b')), der(0x05));
const COMMON_NAME = der(0x06, hex('550403'));

/** A certificate (RFC 5280, version 1) that a key signs for itself, in PEM; it holds from a year ago for two years. */
export function selfSigned(
  commonName: string,
  keys: { privateKey: KeyObject; publicKey: KeyObject },
): string {
  const name = der(0x30, der(0x31, der(0x30, COMMON_NAME, der(0x0c, Buffer.from(commonName)))));
  const signed = der(
    0x30,
    der(0x02, Buffer.from([1])),
    SHA256_WITH_RSA,
    name,
    der(0x30, ...[-YEAR_MS, YEAR_MS].map((away) => utcTime(Date.now() + away))),
    name,
    keys.publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = der(0x03, Buffer.from([0]), sign('sha256', signed, keys.privateKey));
  const lines =
    der(0x30, signed, SHA256_WITH_RSA, signature)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

/** One value of ASN.1: a tag, the length and the content. */
function der(tag: number, ...content: readonly Buffer[]): Buffer {
  const value = Buffer.concat(content);
  const length = hex(value.length.toString(16).padStart(value.length < 256 ? 2 : 4, '0'));
  const long = value.length < 128 ? [] : [0x80 | length.length];
  return Buffer.concat([Buffer.from([tag, ...long]), length, value]);
}

function utcTime(time: number): Buffer {
  return der(0x17, Buffer.from(`${new Date(time).toISOString().replace(/^..|[-T:]|\..*/g, '')}Z`));
}

function hex(text: string): Buffer {
  return Buffer.from(text, 'hex');
}
