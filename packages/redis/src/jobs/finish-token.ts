import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** The secret in a job's `finishUrl`: new for each run that somebody asks for. */
export function newFinishToken(): string {
  return randomBytes(24).toString('base64url');
}

/** Compares in constant time, whatever the lengths. */
export function isSameToken(given: string, kept: string): boolean {
  const [left, right] = [given, kept].map((token) => createHash('sha256').update(token).digest());
  return left !== undefined && right !== undefined && timingSafeEqual(left, right);
}
