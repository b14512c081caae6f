import { randomBytes } from 'node:crypto';

declare const runIdBrand: unique symbol;
/** Names one run of a piece of work, whichever process it is in. */
export type RunId = string & { readonly [runIdBrand]: true };

export function newRunId(): RunId {
  return randomBytes(9).toString('base64url') as RunId;
}

/** A run that was begun, and where the ledger keeps it: whatever it does is refused once another one counts. */
export interface Run {
  readonly id: RunId;
  /** The hash of the work. */
  readonly key: string;
  /** What the names of the work's fields end with. */
  readonly suffix: string;
}
