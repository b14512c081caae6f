import { hash } from 'node:crypto';

/** What stands for a subject of a source in keys; lines.lua makes the same. 40 hexadecimal characters. */
export function subjectDigest(source: string, subject: string): string {
  return hash('sha1', `${source}\n${subject}`, 'hex');
}
