import { randomBytes } from 'node:crypto';

/** The secret in a job's `finishUrl`: new for each run that somebody asks for. */
export function newFinishToken(): string {
  return randomBytes(24).toString('base64url');
}

/** Whether this could be one: Redis need not be asked of what strangers make up. */
export function isFinishToken(text: string): boolean {
  return /^[\w-]{32}$/.test(text);
}
