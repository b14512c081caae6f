import { explain, fieldOf, type ProviderRequest } from '@hookline/core';
import { readFileSync } from 'node:fs';
import { expectationOf, type Expectation } from './expectation.ts';
import { otherSecrets, tampered } from './faults.ts';
import type { SendOptions } from './options.ts';
import { newUnique, sampleRequest, type Endpoint, type SampleRequest } from './sample-request.ts';

/** A request that is ready to be posted, and what should come of it. */
export interface Prepared {
  readonly request: ProviderRequest;
  readonly expectation: Expectation;
  /** What it is, and what was done to it. */
  readonly said: readonly string[];
}

type Asked = Pick<SendOptions, 'type' | 'data' | 'count' | 'late' | 'reorder' | 'tamper' | 'wrongSecret'>;

/**
 * Makes the requests of one command, each when it is to be sent: a signature grows old.
 * @returns makes the request of an index; every one is an event of its own, unless `data` says otherwise
 */
export function createPreparer(
  endpoint: Endpoint,
  options: Asked,
  saved?: SampleRequest['saved'],
): (index: number) => Prepared {
  const { provider, signedUrl } = endpoint;
  const type = options.type ?? provider.sampleTypes[0] ?? '';
  const data = options.data === undefined ? undefined : readData(options.data);
  const secrets = options.wrongSecret ? otherSecrets(provider, endpoint.secrets) : endpoint.secrets;
  const run = newUnique().slice(0, 16);
  const started = Date.now();

  return (index) => {
    const now = Date.now();
    const signedAt = now - options.late;
    // What is to arrive in another order happened one second after the other.
    const secondsBefore = options.reorder ? options.count - index : 0;
    const signed = sampleRequest(
      { provider, secrets, signedUrl },
      {
        type,
        unique: `${run}${index.toString(16).padStart(8, '0')}`,
        happenedAt: (options.reorder ? started : now) - options.late - secondsBefore * 1_000,
        ...(data === undefined ? {} : { data }),
        ...(saved === undefined ? {} : { saved }),
      },
      signedAt,
    );
    const changed = options.tamper ? tampered({ provider, secrets }, signed, signedAt) : undefined;
    const request = changed?.request ?? signed;
    return {
      request,
      expectation: expectationOf(endpoint, request, now),
      said: [
        type,
        signingTime(options.late),
        ...(options.wrongSecret ? ['with another secret'] : []),
        ...(data !== undefined && !signed.body.equals(data) ? ['its signature put into the data'] : []),
        ...(changed === undefined ? [] : [`one byte changed afterwards: ${changed.where}`]),
      ],
    };
  };
}

function signingTime(late: number): string {
  const seconds = Math.abs(late) / 1_000;
  if (late === 0) return 'signed now';
  return `signed as if ${seconds} s ${late > 0 ? 'ago' : 'from now'}`;
}

/** JSON to the letter, or a file's bytes. */
function readData(data: string): Buffer {
  if (isJson(data)) return Buffer.from(data);
  try {
    return readFileSync(data);
  } catch (error) {
    const code = String(fieldOf(error, 'code') ?? explain(error));
    throw new Error(`--data is neither JSON nor a file that can be read (${code}): ${data.slice(0, 80)}`, {
      cause: error,
    });
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
