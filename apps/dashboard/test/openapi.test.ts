import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { NO_LOG, type History } from '@hookline/core';
import { openHistory } from '@hookline/history';
import { testRedisUrl, uniquePrefix } from '@hookline/rig';
import { attemptOf, blockOf, eventOf } from '@hookline/testing';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OpenAPIClientAxios, type Document } from 'openapi-client-axios';
import { API_KEY, startDashboard, type Running } from './harness.ts';

const folder = mkdtempSync(join(tmpdir(), 'hookline-test-'));
let history: History;
let running: Running;
let description: Document;
let fingerprint: string;

const dead = eventOf(1, {
  receivedAt: Date.now() - 60_000,
  status: 'dead',
  deliveries: [{ handler: 'bill', status: 'dead' }],
});

beforeAll(async () => {
  history = await openHistory({ folder }, { log: NO_LOG });
  const error = { name: 'TypeError', message: 'no address' };
  await history.record(
    blockOf({
      events: [dead],
      attempts: [{ ...attemptOf(dead, 1), handler: 'bill', outcome: 'dead', error }],
    }),
  );
  while ((await history.summarize()).more);
  const page = await history.issues({ now: Date.now(), limit: 1 });
  fingerprint = page.items[0]?.fingerprint ?? '';
  running = await startDashboard(testRedisUrl(), uniquePrefix(), {}, history);
  description = (await (await running.get('/admin/api/openapi.json')).json()) as Document;
}, 60_000);

afterAll(async () => {
  await running?.close();
  await history?.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Described {
  readonly operationId: string;
  readonly path: string;
  readonly method: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<Record<string, { content?: Readonly<Record<string, { schema?: object }>> }>>;
}

const operations = (): readonly Described[] =>
  Object.entries(description.paths ?? {}).flatMap(([path, methods]) =>
    Object.entries(methods as Record<string, Described>).map(([method, operation]) => ({
      ...operation,
      path,
      method,
    })),
  );

/** What stands in an address, by its name. */
const GIVEN: Readonly<Record<string, string>> = { id: dead.id, name: 'default' };
/** Operations on what there is not here are refused, as their description says that they may be. */
const BODIES: Readonly<Record<string, object>> = {
  postReplays: { ids: [dead.id], dryRun: true, reason: 'to see' },
};

describe('the description of the API', () => {
  it('is valid', async () => {
    const { valid, errors } = await new Validator().validate({ ...structuredClone(description) });
    expect({ valid, errors }).toMatchObject({ valid: true });
  });

  it('makes a client that can do everything, and every answer is as it is described', async () => {
    const api = new OpenAPIClientAxios({
      definition: description,
      withServer: { url: `${running.origin}/admin/api` },
    });
    const client = await api.init();
    client.defaults.headers.common['authorization'] = `Bearer ${API_KEY}`;
    client.defaults.validateStatus = () => true;
    const ajv = new Ajv2020({ strict: false });
    let answered = 0;
    for (const { operationId, method, parameters = [], responses } of operations()) {
      const inPath = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
      const call = (client as unknown as Record<string, Call>)[operationId];
      if (call === undefined) throw new Error(`the client has no ${operationId}`);
      const given = Object.fromEntries(
        inPath.map((name) => [name, name === 'fingerprint' ? fingerprint : (GIVEN[name] ?? '')]),
      );
      const answer = await call(given, method === 'get' ? undefined : (BODIES[operationId] ?? {}));
      const described = responses[answer.status] ?? responses['default'];
      const schema = answer.status < 300 ? described?.content?.['application/json']?.schema : undefined;
      expect([
        operationId,
        answer.status < 500,
        responses[answer.status] !== undefined || answer.status >= 400,
      ]).toEqual([operationId, true, true]);
      if (answer.status >= 400)
        expect(answer.data).toMatchObject({
          status: answer.status,
          error: expect.any(String),
          title: expect.any(String),
        });
      if (schema === undefined) continue;
      answered += 1;
      const check = ajv.compile(schema);
      expect([operationId, check(answer.data), check.errors]).toEqual([operationId, true, null]);
    }
    expect(answered).toBeGreaterThan(20);
  });
});

type Call = (
  parameters: object,
  body?: unknown,
) => Promise<{ readonly status: number; readonly data: unknown }>;
