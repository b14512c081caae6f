import { codeOf, messageOf } from './reason.ts';
import { ask } from './resp.ts';

/** Who answers on a port of this machine. */
export type Occupant =
  | { readonly kind: 'nobody' }
  /** It is not a Redis, is silent, or does not take our password. */
  | { readonly kind: 'foreign'; readonly reason: string }
  | {
      readonly kind: 'redis';
      readonly pid: number;
      /** Its working folder, where its data is. */
      readonly folder: string;
      readonly version: string;
      /** Per cent of the data read so far; `undefined` when it is ready. */
      readonly loading: number | undefined;
    };

/**
 * Asks who is there. INFO is answered while data is being loaded, when PING is not.
 * @param timeout milliseconds before a silent one counts as foreign
 */
export async function inspect(port: number, password: string, timeout: number): Promise<Occupant> {
  try {
    const [auth, info, folder] = await ask(
      port,
      [['AUTH', password], ['INFO'], ['CONFIG', 'GET', 'dir']],
      timeout,
    );
    if (auth?.kind !== 'value') return { kind: 'foreign', reason: 'it does not accept our password' };
    if (info?.kind !== 'value' || folder?.kind !== 'list' || folder.items[1]?.kind !== 'value')
      return { kind: 'foreign', reason: 'it does not tell who it is' };
    return { kind: 'redis', folder: folder.items[1].text, ...parseInfo(info.text) };
  } catch (error) {
    if (codeOf(error) === 'ECONNREFUSED') return { kind: 'nobody' };
    return { kind: 'foreign', reason: messageOf(error) };
  }
}

function parseInfo(info: string) {
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
  return {
    pid: Number(field('process_id')),
    version: field('valkey_version') || field('redis_version'),
    loading: field('loading') === '1' ? Number(field('loading_loaded_perc') || 0) : undefined,
  };
}
