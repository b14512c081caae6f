import { hash } from 'node:crypto';
import type { SerializedError } from './errors.ts';

/** What tells one way of failing from others, however its ids and numbers differ. */
export interface FailureIdentity {
  /** 16 lower-case hexadecimal characters. */
  readonly fingerprint: string;
  /** The message with what varies replaced: `no customer <id>`. */
  readonly title: string;
}

const TITLE_LIMIT = 300;
const FINGERPRINT_LENGTH = 16;
/** Nothing was said of why it failed. */
const UNEXPLAINED: SerializedError = { name: 'Error', message: '' };

/** Identifies the way in which a handler failed: by its name, the error's name and message, and where it was thrown. */
export function identifyFailure(handler: string, error: SerializedError = UNEXPLAINED): FailureIdentity {
  const [name, message] = [withPlaceholders(error.name), withPlaceholders(error.message)];
  const identity = JSON.stringify([handler, name, message, ownFrame(error.stack ?? '')]);
  return {
    fingerprint: hash('sha256', identity, 'hex').slice(0, FINGERPRINT_LENGTH),
    title: message || name,
  };
}

const QUOTED = /(?<!\w)(?:"[^"\n]{0,500}"|'[^'\n]{0,500}'|`[^`\n]{0,500}`|“[^”\n]{0,500}”)(?!\w)/g;
const LINK = /\b[a-z][a-z0-9+.-]{0,20}:\/\/[^\s"'<>,;)]*[^\s"'<>,;).:]/gi;
const EMAIL = /[^\s@<>"'(),:;=]{1,64}@[\w-]+(?:\.[\w-]+)+/g;
const TIME = /\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?/g;
const ADDRESS =
  /(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?|(?=[0-9a-f:]{0,40}::|(?:[0-9a-f]{1,4}:){3})[0-9a-f:]{1,44}[0-9a-f])(?!\w)/gi;
const MEASURED = /(?<![\w.-])-?\d+(?:[.,]\d+)*(ms|s|[kKMG]i?B|%)(?!\w)/g;
const NUMBER = /(?<![\w.-])-?\d+(?:[.,:]\d+)*(?![\w-])/g;
const WORD = /[\w-]+/g;
/** An id may have no digit in it, but then it mixes cases behind a prefix: `cus_NffrFeUfNVXa`. */
const PREFIXED = /^[a-z]+_(?=[A-Za-z]*[a-z])(?=[A-Za-z]*[A-Z])[A-Za-z]{8,}$/;
const REPEATED = /(<[a-z]+>)(?:(?:, |,| |; )\1)+/g;

/** A text whose ids, numbers, addresses and quoted values are replaced by what they are. */
function withPlaceholders(text: string): string {
  return text
    .replaceAll(QUOTED, '<value>')
    .replaceAll(LINK, linkOf)
    .replaceAll(EMAIL, '<email>')
    .replaceAll(TIME, '<time>')
    .replaceAll(ADDRESS, '<address>')
    .replaceAll(MEASURED, '<n>$1')
    .replaceAll(NUMBER, '<n>')
    .replaceAll(WORD, (word) => (isId(word) ? '<id>' : word))
    .replaceAll(REPEATED, '$1, …')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, TITLE_LIMIT);
}

function isId(word: string): boolean {
  return /\d/.test(word) || PREFIXED.test(word);
}

/** Without its port, which is often any that was free, and what is asked for there. */
function linkOf(link: string): string {
  const [address = '', asked] = link.split(/[?#]/, 2);
  const [scheme, none, site = '', ...path] = address.split('/');
  const steps = path.map((step) => (isId(step.replaceAll(/[^\w-]/g, '')) ? '<id>' : step));
  return (
    [scheme, none, site.replace(/:\d+$/, ''), ...steps].join('/') + (asked === undefined ? '' : '?<query>')
  );
}

const FRAME = /^\s+at (?:async )?(?:(.+?) \()?((?:file:\/\/|\/|[A-Za-z]:[\\/]|webpack).*?):\d+(?::\d+)?\)?$/;
/** Steps of a file's path that are the same wherever the program is put. */
const STEPS = 2;

/** The first call of a stack that is neither Node's nor an installed package's: without the line, which moves. */
function ownFrame(stack: string): string {
  for (const line of stack.split('\n')) {
    const [, call = '', file = ''] = FRAME.exec(line) ?? [];
    if (file === '' || /[\\/]node_modules[\\/]/.test(file)) continue;
    return `${call} ${file.split(/[\\/]/).slice(-STEPS).join('/')}`;
  }
  return '';
}
