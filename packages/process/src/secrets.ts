import { readFileSync, statSync } from 'node:fs';
import type { Problems } from './config-error.ts';

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

/** The secrets in a variable or a file: separated by commas or line breaks. */
export function splitSecrets(text: string): readonly string[] {
  return text
    .split(/[,\r\n]/)
    .map((secret) => secret.trim())
    .filter((secret) => secret !== '');
}

/**
 * Reads the file again whenever it changes, so that a secret can be replaced without a restart. No message holds
 * the path: somebody may have written the secret itself where the path belongs.
 * @param warn told once when the file can no longer be used; the last secrets that were read stay in use
 */
export function secretsFromFile(
  file: string,
  key: string,
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
      const read = splitSecrets(readFileSync(file, 'utf8'));
      if (read.length === 0) throw new Error('it is empty');
      if (read.join() !== secrets.join()) former = secrets;
      secrets = read;
      seen = Math.abs(Date.now() - ctimeMs) < SETTLED_MS ? '' : stamp;
    }
    warned = false;
  }

  try {
    refresh();
  } catch (error) {
    problems.add(
      `${key}: the file that it names cannot be used: ${reasonOf(error)}; write the path of a file that holds the secret`,
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
