import { readFileSync, statSync } from 'node:fs';
import type { Problems } from './config-error.ts';
import { isGuessable } from './guessable.ts';

/**
 * File systems stamp changes with a clock of a few milliseconds: a second change within one tick looks like none.
 * A file that changed this recently is therefore read again, however its stamp looks.
 */
const SETTLED_MS = 1_000;

/** The secrets of a source, as they are whenever they are asked for. */
export interface Secrets {
  current(): readonly string[];
  /** What they were before they last changed. */
  former?(): readonly string[];
}

/** The secrets in a variable: separated by commas or line breaks. One that holds a comma goes into a file. */
export function splitSecrets(text: string): readonly string[] {
  return parts(text, /[,\r\n]/);
}

/** The secrets in a file: one on each line, as it is. */
function secretLines(text: string): readonly string[] {
  return parts(text, /[\r\n]/);
}

function parts(text: string, separator: RegExp): readonly string[] {
  return text
    .split(separator)
    .map((secret) => secret.trim())
    .filter((secret) => secret !== '');
}

/** A shorter one is found by trying, or is the half of one that held a comma. */
const SHORTEST_SECRET = 8;

/** How secrets are judged. */
export interface SecretRules {
  readonly production: boolean;
  /** Whether they are `user:password`: the user's name is no secret. */
  readonly areLogins: boolean;
}

/** What is wrong with these secrets, if anything; never one of them. */
export function secretsProblem(
  secrets: readonly string[],
  { production, areLogins }: SecretRules,
): string | undefined {
  for (const [index, secret] of secrets.entries()) {
    const what = areLogins ? 'has a password that is' : 'is';
    const which = secrets.length === 1 ? what : `entry ${index + 1} of ${secrets.length} ${what}`;
    const own = secret.replace(areLogins ? /^[^:]*:/ : /^(?:whsec_|token:)/, '');
    if (own.length < SHORTEST_SECRET) return `${which} shorter than ${SHORTEST_SECRET} characters`;
    // What is a test key is refused as one.
    if (production && !own.includes('test-key:') && isGuessable(own)) return `${which} easy to guess`;
  }
  return undefined;
}

/**
 * Reads the file again whenever it changes, so that a secret can be replaced without a restart. No message holds
 * the path: somebody may have written the secret itself where the path belongs.
 * @param warn told once when the file can no longer be used; the last secrets that were read stay in use
 */
export function secretsFromFile(
  file: string,
  key: string,
  rules: SecretRules,
  problems: Problems,
  warn: (message: string) => void,
): Secrets | undefined {
  let secrets: readonly string[] = [];
  let former: readonly string[] = [];
  let seen = '';
  let warned = false;

  function refresh(): void {
    const { ctimeMs, size, ino } = statSync(file);
    const stamp = `${ctimeMs}/${size}/${ino}`;
    if (stamp !== seen) {
      const read = secretLines(readFileSync(file, 'utf8'));
      if (read.length === 0) throw new Error('it is empty');
      const problem = secretsProblem(read, rules);
      if (problem !== undefined) throw new Error(`a secret in it ${problem}`);
      if (read.join('\n') !== secrets.join('\n')) former = secrets;
      secrets = read;
      seen = Math.abs(Date.now() - ctimeMs) < SETTLED_MS ? '' : stamp;
    }
    warned = false;
  }

  try {
    refresh();
  } catch (error) {
    problems.add(
      `${key}: the file that it names cannot be used: ${reasonOf(error)}; write the path of a file that holds the secret, one on each line`,
    );
    return undefined;
  }
  const current = () => {
    try {
      refresh();
    } catch (error) {
      if (!warned)
        warn(
          `${key}: its file cannot be used any more: ${reasonOf(error)}; the secrets read before stay in use`,
        );
      warned = true;
    }
    return secrets;
  };
  return { current, former: () => former };
}

/** A system error's code, for its message holds the path. */
function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}
