import { describeHmac, HMAC } from './hmac-provider.ts';
import { BASIC_AUTH, describeBasicAuth, describeSecretHeader, SECRET_HEADER } from './secret-provider.ts';
import type { Described } from './scheme-line.ts';

const DESCRIBE: Readonly<Record<string, (text: string) => Described>> = {
  [HMAC]: describeHmac,
  [SECRET_HEADER]: describeSecretHeader,
  [BASIC_AUTH]: describeBasicAuth,
};

/** The names of providers that are described in the settings. */
export const describedNames: readonly string[] = Object.keys(DESCRIBE);

/** @param kind one of `describedNames` */
export function describeProvider(text: string, kind: string): Described {
  const describe = DESCRIBE[kind];
  return describe ? describe(text) : { ok: false, problems: [`${kind}: is not described in the settings`] };
}
