import { equal } from '@hookline/core';
import type { Identity } from './identity.ts';

/** What somebody types to be let in. */
export interface Login {
  readonly user: string;
  readonly password: string;
}

/** Who may open the dashboard beside the operator, and how. */
export interface AccessOptions {
  /** These may look at everything and change nothing. Default: nobody. */
  readonly viewers?: readonly Login[];
  /** Whether they see payloads, bodies and headers. Default: no. */
  readonly viewersSeePayloads?: boolean;
  /** What sessions are signed with. Default: it is made of the operator's login. */
  readonly sessionSecret?: string | undefined;
}

export interface Account extends Identity {
  readonly password: string;
}

/** @throws RangeError for an account without a name or a password, which would be open to everybody */
export function accountsOf(operator: Login, access: AccessOptions = {}): readonly Account[] {
  const { viewers = [], viewersSeePayloads = false } = access;
  if ([operator, ...viewers].some(({ user, password }) => user === '' || password === ''))
    throw new RangeError('every account needs a user and a password');
  return [
    { name: operator.user, password: operator.password, role: 'operator', seesPayloads: true },
    ...viewers.map(({ user, password }): Account => ({
      name: user,
      password,
      role: 'viewer',
      seesPayloads: viewersSeePayloads,
    })),
  ];
}

/** The account that a login opens. All are compared, so that the time tells nothing about any. */
export function accountOf(accounts: readonly Account[], given: Login | undefined): Account | undefined {
  return accounts.reduce<Account | undefined>((found, account) => {
    const nameFits = equal(given?.user ?? '', account.name);
    const passwordFits = equal(given?.password ?? '', account.password);
    return nameFits && passwordFits ? account : found;
  }, undefined);
}
