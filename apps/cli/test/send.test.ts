import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { providers } from '@hookline/providers';
import { testRedisUrl, uniquePrefix } from '@hookline/rig';
import { randomBytes } from 'node:crypto';
import { isMet, expectationOf, judgeCopy } from '../src/send/expectation.ts';
import { otherSecrets, tampered } from '../src/send/faults.ts';
import { post } from '../src/send/post.ts';
import { postedUrl, sampleRequest, type Endpoint } from '../src/send/sample-request.ts';
import { openStage, startReceiver, type Stage } from './e2e/processes.ts';

/** Samples of first requests, of which no event comes. */
const FIRST_REQUESTS = ['slack url_verification'];
/** The address of a source that has one configured. */
const PUBLIC = 'https://hooks.example.com/in?tenant=1';

let stage: Stage;
let url = '';
const secrets = new Map([...providers.values()].map((each) => [each.name, each.makeSecret(randomBytes(32))]));

beforeAll(async () => {
  stage = openStage();
  const env = [...secrets].map(([name, secret]) => [`WEBHOOK_SECRET_${keyOf(name)}`, secret]);
  const receiver = await startReceiver(stage, {
    REDIS_URL: testRedisUrl(),
    HOOKLINE_PREFIX: uniquePrefix(),
    WEBHOOK_URL_SQUARE: PUBLIC,
    ...Object.fromEntries(env),
  });
  ({ url } = receiver);
});
afterAll(() => stage.close());

describe.each([...providers.values()].map((provider) => [provider.name, provider] as const))(
  '%s, to a receiver process',
  (name, provider) => {
    const endpoint = (): Endpoint => ({
      provider,
      secrets: [secrets.get(name) ?? ''],
      url: new URL(`${url}/webhooks/${name}`),
      signedUrl: name === 'square' ? PUBLIC : `/webhooks/${name}`,
    });

    it('sends samples of every type that are accepted, and whose copies are known', async () => {
      for (const type of provider.sampleTypes) {
        const request = sampleRequest(endpoint(), { type }, Date.now());
        const expectation = expectationOf(endpoint(), request, Date.now());
        const first = await post(postedUrl(endpoint().url, request), request);
        const kind = FIRST_REQUESTS.includes(`${name} ${type}`) ? 'handshake' : 'accepted';
        const id = kind === 'handshake' ? undefined : expect.stringMatching(`^${name}\\.`);
        expect({ ...first, type, kind: expectation.kind, id: first.id }).toMatchObject({ type, kind, id });
        const second = await post(postedUrl(endpoint().url, request), request);
        expect([isMet(expectation, first), isMet(expectation, second)]).toEqual([true, true]);
        const judged = judgeCopy(expectation, second, first);
        expect([type, judged]).toEqual([type, expect.objectContaining({ expected: true })]);
      }
    });

    it('is refused with one byte changed, and with another secret', async () => {
      const request = sampleRequest(endpoint(), {}, Date.now());
      const changed = tampered(endpoint(), request, Date.now());
      const others = { ...endpoint(), secrets: otherSecrets(provider, endpoint().secrets) };
      for (const bad of [changed.request, sampleRequest(others, {}, Date.now())]) {
        expect(bad).not.toEqual(request);
        const answer = await post(postedUrl(endpoint().url, bad), bad);
        const expectation = expectationOf(endpoint(), bad, Date.now());
        expect(expectation.kind).toBe('refused');
        expect([changed.where, answer.status]).toEqual([changed.where, 401]);
        // Who wants an empty answer gets no reason either.
        if (answer.body !== '') expect({ kind: 'refused', reason: answer.reason }).toEqual(expectation);
      }
    });
  },
);

function keyOf(name: string): string {
  return name.toUpperCase().replaceAll('-', '_');
}
