import { explain, type Handshake, type Logger } from '@hookline/core';
import type { Exchange, Outcome } from './exchange.ts';
import type { LearnedSecrets } from './learned-secrets.ts';
import type { RemoteKeys } from './remote-keys.ts';

export interface GreetParts {
  readonly learned: LearnedSecrets;
  readonly remote: RemoteKeys;
  readonly log: Logger;
}

const CONFIRM_MS = 400;

/**
 * Answers a provider that first asks whether the endpoint is ours: when what it asks for is done.
 * @returns `undefined` for an ordinary request
 */
export function greet(
  parts: GreetParts,
  exchange: Exchange,
  secrets: readonly string[],
  phase: 'unsigned' | 'verified',
): Promise<Outcome> | undefined {
  const handshake = read(parts.log, exchange, secrets, phase);
  return handshake === undefined ? undefined : carryOut(parts, exchange.source.name, handshake);
}

function read(
  log: Logger,
  { source, request }: Exchange,
  secrets: readonly string[],
  phase: 'unsigned' | 'verified',
): Handshake | undefined {
  try {
    return source.provider.handshake(request, secrets, phase);
  } catch (error) {
    log.error('a handshake could not be read', { source: source.name, error: explain(error) });
    return undefined;
  }
}

async function carryOut(
  { learned, remote }: GreetParts,
  source: string,
  handshake: Handshake,
): Promise<Outcome> {
  switch (handshake.kind) {
    case 'respond':
      break;
    case 'keep-secret':
      try {
        await learned.keep(source, handshake.secret);
      } catch (error) {
        return { kind: 'secret-not-stored', error };
      }
      break;
    case 'fetch': {
      const confirmed = await remote.get([handshake.url], CONFIRM_MS, source);
      if (confirmed?.get(handshake.url) === undefined) return { kind: 'unconfirmed' };
    }
  }
  return { kind: 'greeted', response: handshake.response };
}
