import { run, type Environment } from './run.ts';

/** Older servers lack what the queue library asks for (it warns below 6.2). */
export const MINIMUM_VERSION = '6.2.0';

/** A server that answered `--version`, or why it is of no use. */
export type Probe =
  | { readonly usable: true; readonly version: string }
  | { readonly usable: false; readonly reason: string };

/** Asks an executable which Redis or Valkey it is. */
export async function probe(path: string, env: Environment): Promise<Probe> {
  const { status, stdout, stderr } = await run(path, ['--version'], { env, timeout: 10_000 });
  if (status !== 0)
    return { usable: false, reason: `--version failed: ${stderr.trim().split('\n').at(-1) ?? ''}` };
  const version = parseVersion(stdout);
  if (version === undefined) return { usable: false, reason: '--version names no version' };
  if (isOlder(version, MINIMUM_VERSION))
    return { usable: false, reason: `${version} is older than ${MINIMUM_VERSION}` };
  return { usable: true, version };
}

/** `7.0.15` from `Redis server v=7.0.15 sha=…` or `Valkey server v=8.1.1 …`. */
export function parseVersion(line: string): string | undefined {
  return /\bv=(\d+\.\d+\.\d+)/.exec(line)?.[1];
}

/** Compares dotted numbers of the same length. */
export function isOlder(version: string, minimum: string): boolean {
  const wanted = minimum.split('.').map(Number);
  const given = version.split('.').map(Number);
  for (const [index, part] of wanted.entries()) {
    const ours = given[index] ?? 0;
    if (ours !== part) return ours < part;
  }
  return false;
}
