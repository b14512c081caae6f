import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { API_KEY, call } from './job-client.ts';
import { openStage, startReceiver, type Stage } from './processes.ts';
import { where } from './where.ts';

let stage: Stage;
let url = '';
beforeAll(async () => {
  stage = openStage();
  const env = { ...where(), API_KEY };
  ({ url } = await startReceiver(stage, env));
});
afterAll(() => stage.close());

describe('a list of a thousand jobs', () => {
  it.each([16, 1_000, 4_000])(
    'is created whole, of %i bytes each: it was 503',
    async (bytes) => {
      for (let n = 0; n < 3; n += 1) {
        const jobs = Array.from({ length: 1_000 }, (_, k) => ({
          data: 'x'.repeat(bytes),
          options: { id: `${bytes}-${n}-${k}` },
        }));
        const created = await call(url, 'POST', '/jobs', jobs);
        expect(created.status).toBe(201);
        expect(created.body).toHaveLength(1_000);
      }
    },
    60_000,
  );
});
