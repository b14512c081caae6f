import { describe, expect, it } from '@jest/globals';
import { defineJob, defineSchedule, type RunContext, type StandardSchema } from '../src/index.ts';

/** Fails to compile unless both types are the same. */
function same<Expected>() {
  return <Actual>(
    _value: Actual,
    ..._proof: (<T>() => T extends Expected ? 1 : 2) extends <T>() => T extends Actual ? 1 : 2 ? [] : [never]
  ): void => {};
}

interface Receipt {
  readonly to: string;
  readonly amount: number;
}
declare const receiptSchema: StandardSchema<unknown, Receipt>;

const sendReceipt = defineJob({
  name: 'send-receipt',
  run: (data: Receipt) => ({ sent: data.to }),
});

/** Compiled, never run: each `@ts-expect-error` is an error of the compiler when its line has none. */
export const compiled = (ctx: RunContext) => [
  defineJob({
    name: 'schema',
    schema: receiptSchema,
    run(data, context) {
      same<Receipt>()(data);
      same<number>()(context.attempt);
      // @ts-expect-error the schema's output has no such field
      return data.subject;
    },
  }),
  defineJob({
    name: 'schema-and-parameter',
    schema: receiptSchema,
    // @ts-expect-error the schema does not give what run takes
    run: (data: { subject: string }) => data.subject,
  }),
  // @ts-expect-error a job without run
  defineJob({ name: 'nothing' }),
  defineJob({
    name: 'bad-duration',
    // @ts-expect-error not a unit of time
    timeout: '30 parsecs',
    run: () => undefined,
  }),

  defineSchedule({
    name: 'right',
    cron: '0 * * * *',
    timezone: 'UTC',
    job: sendReceipt,
    data: {
      to: 'ada@example.com',
      amount: 1,
    },
  }),
  defineSchedule({
    name: 'wrong-field',
    cron: '0 * * * *',
    timezone: 'UTC',
    job: sendReceipt,
    // @ts-expect-error amount is a number
    data: { to: 'ada@example.com', amount: '1' },
  }),
  defineSchedule({
    name: 'missing-field',
    cron: '0 * * * *',
    timezone: 'UTC',
    job: sendReceipt,
    // @ts-expect-error amount is missing
    data: { to: 'ada@example.com' },
  }),
  // @ts-expect-error a time zone is never assumed
  defineSchedule({ name: 'no-zone', cron: '0 * * * *', job: sendReceipt }),
  defineSchedule({ name: 'by-name', cron: '0 * * * *', timezone: 'UTC', job: 'sync-crm', data: { any: 1 } }),

  ctx.enqueue(sendReceipt, { to: 'ada@example.com', amount: 1 }, { delay: 1_000 }),
  ctx.enqueue('send-receipt', { any: 'shape' }),
  // @ts-expect-error amount is a number
  ctx.enqueue(sendReceipt, { to: 'ada@example.com', amount: '1' }),
  // @ts-expect-error amount is missing
  ctx.enqueue(sendReceipt, { to: 'ada@example.com' }),
  // @ts-expect-error no such option
  ctx.enqueue(sendReceipt, { to: 'ada@example.com', amount: 1 }, { dealy: 1_000 }),
  ctx.once('charge', async () => ({ charge: 'ch_1' })).then(same<{ charge: string }>()),
];

describe('types of jobs and schedules', () => {
  it('are checked by the compiler, and definitions are plain data', () => {
    expect(Object.keys(sendReceipt)).toEqual(['name', 'run']);
    const definition = { name: 'x', cron: '0 * * * *', timezone: 'UTC', job: sendReceipt } as const;
    const data = { to: 'ada@example.com', amount: 1 };
    expect(defineSchedule({ ...definition, data })).toEqual({ ...definition, data });
  });
});
