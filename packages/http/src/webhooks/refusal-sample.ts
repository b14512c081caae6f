import type { RefusedRequest } from '@hookline/core';

/** Of one source and reason, until they are taken. */
const MOST_OF_KIND = 20;
/** Of all together; of each kind one is kept in any case. */
const MOST = 500;
const EXCERPT_BYTES = 1024;
const MOST_HEADERS = 40;
const LONGEST_VALUE = 200;

interface Kind {
  readonly kept: RefusedRequest[];
  left: number;
}

/**
 * The requests that were refused of late: a few of each kind whole, the others counted. A stranger's flood costs a number,
 * and nothing of it is sent anywhere until somebody takes the sample.
 */
export class RefusalSample {
  #kinds = new Map<string, Kind>();
  #kept = 0;

  /**
   * @param kind source and reason; whoever gives it sees to it that there are few
   * @param describe only asked where the request is kept
   */
  note(kind: string, describe: () => RefusedRequest): void {
    const known = this.#kinds.get(kind);
    const its = known ?? { kept: [], left: 0 };
    if (known === undefined) this.#kinds.set(kind, its);
    const isFull = its.kept.length >= MOST_OF_KIND || this.#kept >= MOST;
    if (isFull && its.kept.length > 0) {
      its.left += 1;
      return;
    }
    its.kept.push(describe());
    this.#kept += 1;
  }

  /** All since the last time; the last one of each kind says how many more there were. */
  take(): readonly RefusedRequest[] {
    const taken = [...this.#kinds.values()].flatMap(({ kept, left }) =>
      kept.map((refusal, at) => (at === kept.length - 1 ? { ...refusal, suppressed: left } : refusal)),
    );
    this.#kinds = new Map();
    this.#kept = 0;
    return taken.toSorted((a, b) => a.at - b.at);
  }
}

/** Those whose values say what was sent and from where, and open nothing. */
const SHOWN =
  /^(?:host|user-agent|content-(?:type|length|encoding)|accept|accept-encoding|date|via|expect|transfer-encoding|x-forwarded-(?:for|host|proto)|x-real-ip|.*(?:timestamp|event|topic|event-id|event-type|request-id|webhook-id|delivery))$/;
const HIDDEN = '[hidden]';

/** All names, and the values that are known to open nothing: what signs is in a header of any name. */
export function shownHeaders(headers: Readonly<Record<string, string | readonly string[] | undefined>>) {
  const shown: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers).slice(0, MOST_HEADERS))
    shown[name.slice(0, LONGEST_VALUE)] = SHOWN.test(name) ? String(value).slice(0, LONGEST_VALUE) : HIDDEN;
  return shown;
}

const SECRET_NAME = String.raw`[^"&=\s]*(?:authorization|secret|password|passwd|signature|hmac|token|api[-_]?key)[^"&=\s]*`;
const IN_JSON = new RegExp(String.raw`("${SECRET_NAME}"\s*:\s*")(?:[^"\\]|\\.)*`, 'gi');
const IN_FORM = new RegExp(`((?:^|&)${SECRET_NAME}=)[^&\\s]*`, 'gi');

/** The first bytes of a body, without what its fields' names call secret and without the source's own secrets. */
export function excerptOf(body: Buffer, secrets: readonly string[]): Buffer {
  // One byte is one character, so that cutting breaks nothing.
  const hidden = secrets
    .filter((secret) => secret !== '')
    .map((secret) => Buffer.from(secret).toString('latin1'));
  let text = cutBefore(body, hidden);
  for (const secret of hidden) text = text.replaceAll(secret, HIDDEN);
  text = text.replaceAll(IN_JSON, `$1${HIDDEN}`).replaceAll(IN_FORM, `$1${HIDDEN}`);
  return Buffer.from(text, 'latin1').subarray(0, EXCERPT_BYTES);
}

/** The first bytes; of a secret that stands across their end nothing, since half of one is not known as one any more. */
function cutBefore(body: Buffer, secrets: readonly string[]): string {
  const longest = Math.max(0, ...secrets.map(({ length }) => length));
  const text = body.subarray(0, EXCERPT_BYTES + longest).toString('latin1');
  const crossing = secrets
    .map((secret) => text.indexOf(secret, Math.max(0, EXCERPT_BYTES - secret.length + 1)))
    .filter((at) => at !== -1);
  return text.slice(0, Math.min(EXCERPT_BYTES, ...crossing));
}
