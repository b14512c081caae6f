import { X509Certificate, type KeyObject } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import type { CertificateRule } from './scheme.ts';

const PEM = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;
const MOST_CERTIFICATES = 8;

/**
 * The public key of a certificate that may sign now.
 * @param pem the certificate, and after it those that lead to an authority
 * @param now milliseconds since the epoch
 * @param authorities PEM; Node's own list unless given
 * @returns `undefined` when it is none, has expired, has another name, or leads to no authority
 */
export function certificateKey(
  pem: string,
  rule: Pick<CertificateRule, 'commonName' | 'trust'>,
  now: number,
  authorities: readonly string[] = rootCertificates,
): KeyObject | undefined {
  try {
    const chain = (pem.match(PEM) ?? []).slice(0, MOST_CERTIFICATES).map((text) => new X509Certificate(text));
    const [own, ...others] = chain;
    if (own === undefined || !isValidAt(own, now)) return undefined;
    if (rule.commonName !== undefined && !rule.commonName.test(commonName(own))) return undefined;
    if (rule.trust === 'public-authority' && !leadsToAuthority(own, others, now, authorities))
      return undefined;
    return own.publicKey.asymmetricKeyType === 'rsa' ? own.publicKey : undefined;
  } catch {
    // What Node cannot read is no certificate.
    return undefined;
  }
}

function isValidAt(certificate: X509Certificate, now: number): boolean {
  return Date.parse(certificate.validFrom) <= now && now <= Date.parse(certificate.validTo);
}

function commonName(certificate: X509Certificate): string {
  const names = certificate.subject.split('\n').filter((line) => line.startsWith('CN='));
  return names.length === 1 ? (names[0]?.slice(3) ?? '') : '';
}

function leadsToAuthority(
  own: X509Certificate,
  others: readonly X509Certificate[],
  now: number,
  authorities: readonly string[],
): boolean {
  const roots = parsed(authorities);
  let current = own;
  for (let steps = 0; steps <= others.length; steps += 1) {
    const root = roots.find((authority) => isIssuer(authority, current, now));
    if (root !== undefined) return true;
    const next = others.find((other) => isIssuer(other, current, now));
    if (next === undefined || next === current) return false;
    current = next;
  }
  return false;
}

function isIssuer(issuer: X509Certificate, issued: X509Certificate, now: number): boolean {
  return issuer.ca && isValidAt(issuer, now) && issued.checkIssued(issuer) && issued.verify(issuer.publicKey);
}

const parsedLists = new WeakMap<readonly string[], readonly X509Certificate[]>();

/** Parsed once: Node's list is long. */
function parsed(authorities: readonly string[]): readonly X509Certificate[] {
  let list = parsedLists.get(authorities);
  if (list === undefined) {
    list = authorities.map((pem) => new X509Certificate(pem));
    parsedLists.set(authorities, list);
  }
  return list;
}
