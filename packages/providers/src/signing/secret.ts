import type { Secret } from '@hookline/core';
import type { Scheme } from './scheme.ts';

const TOKEN_PREFIX = 'token:';

/** A source's own tokens among its secrets, without their prefix: nothing is ever signed with one. */
export function tokensOf(secrets: readonly Secret[]): readonly string[] {
  return secrets.flatMap((secret) =>
    typeof secret === 'string' && secret.startsWith(TOKEN_PREFIX) ? [secret.slice(TOKEN_PREFIX.length)] : [],
  );
}

/** The secrets that a scheme may use. */
export function secretsFor(scheme: Scheme, secrets: readonly Secret[]): readonly Secret[] {
  if (scheme.secrets === 'tokens') return tokensOf(secrets);
  return secrets.some(isToken) ? secrets.filter((secret) => !isToken(secret)) : secrets;
}

function isToken(secret: Secret): boolean {
  return typeof secret === 'string' && secret.startsWith(TOKEN_PREFIX);
}
