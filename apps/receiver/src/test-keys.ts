import type { Source } from '@hookline/core';

/**
 * Finds the key pairs that test keys stand for (`test-key:…`, development only) before the first webhook needs them:
 * an RSA pair takes 60 to 280 ms, and more than an answer may take on a busy machine.
 */
export function findTestKeys(sources: Iterable<Source>): void {
  for (const { provider, secrets } of sources) {
    const sample = provider.sample(provider.sampleTypes[0] ?? '', 'boot', 0);
    if (sample === undefined) continue;
    const { headers, body } = sample;
    const request = { method: 'POST', url: '/', headers, body: Buffer.from(body) };
    for (const secret of secrets())
      if (isTestKey(secret)) find(() => provider.signRequest(request, [secret], 0));
  }
}

/** One that cannot sign for its provider is refused with each request, as any other wrong secret. */
function find(sign: () => unknown): void {
  try {
    sign();
  } catch {
    return;
  }
}

function isTestKey(secret: string): boolean {
  return /(?:^|#)test-key:/.test(secret);
}
