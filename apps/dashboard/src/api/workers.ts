import { z } from 'zod';
import { defineRoute } from '../route.ts';
import { WORKER } from '../shapes.ts';

export default defineRoute({
  method: 'GET',
  path: '/workers',
  says: 'Every process that has spoken within the last 15 s',
  query: z.strictObject({ role: z.string().optional() }),
  answer: z.object({ workers: z.array(WORKER) }),
  async answerTo({ desk }, { query: { role } }) {
    const { state } = await desk.system.look();
    const workers = (state?.processes ?? []).filter((process) => (role ?? process.role) === process.role);
    return {
      kind: 'json',
      value: { workers: workers.map((process) => ({ ...process, detail: { ...process.detail } })) },
    };
  },
});
