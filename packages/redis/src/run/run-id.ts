import { randomBytes } from 'node:crypto';

declare const runIdBrand: unique symbol;
/** Names one run of a piece of work, whichever process it is in. */
export type RunId = string & { readonly [runIdBrand]: true };

/** Random bytes for each run alone were a twentieth of a busy worker's CPU time. */
const PROCESS = randomBytes(9).toString('base64url');
let begun = 0;

export function newRunId(): RunId {
  begun += 1;
  return `${PROCESS}${begun.toString(36)}` as RunId;
}

/** A run that was begun, and where the ledger keeps it: whatever it does is refused once another one counts. */
export interface Run {
  readonly id: RunId;
  /** The hash of the work. */
  readonly key: string;
  /** What the names of the work's fields end with. */
  readonly suffix: string;
  /** Its handler is braked, and this run was let through: the brake is told how it ends. */
  readonly passes?: boolean;
}
