import { signatureOf } from './algorithm.ts';
import { signedContent } from './content.ts';
import type { Scheme } from './scheme.ts';
import { formatSignatureHeader, type HeaderItem } from './signature-header.ts';

/**
 * The headers that make a body verify: signed with every secret where the header can hold several signatures,
 * with the first otherwise.
 * @param now milliseconds since the epoch
 * @param id the message id, for schemes that sign one
 * @throws TypeError when no secret is one that this scheme can sign with, or its id is not given
 */
export function sign(
  scheme: Scheme,
  body: Buffer,
  secrets: readonly string[],
  now: number,
  id?: string,
): Record<string, string> {
  const { algorithms, content: template, idHeader, timestamp: source } = scheme;
  const timestamp = source && String(Math.floor(source.unit === 's' ? now / 1_000 : now));
  const content = signedContent(template, { body, timestamp, id });

  const signatures = secrets.flatMap((secret): HeaderItem[] => {
    for (const algorithm of algorithms) {
      const signature = signatureOf(algorithm, secret, content);
      if (signature) return [{ label: algorithm.label, value: signature.toString(algorithm.encoding) }];
    }
    return [];
  });
  if (signatures.length === 0) {
    throw new TypeError(
      `none of the ${secrets.length} secrets can sign for '${scheme.header}': a private or shared key is needed, written as the provider writes it`,
    );
  }

  const items = scheme.itemSeparator === undefined ? signatures.slice(0, 1) : signatures;
  const stamp: HeaderItem[] =
    source?.in === 'signature' && timestamp !== undefined ? [{ label: source.label, value: timestamp }] : [];
  return {
    ...(idHeader === undefined || id === undefined ? {} : { [idHeader]: id }),
    ...(source?.in === 'header' && timestamp !== undefined ? { [source.header]: timestamp } : {}),
    [scheme.header]: formatSignatureHeader([...stamp, ...items], scheme),
  };
}
