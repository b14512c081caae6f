import { mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.env['LEDGER_EFFECTS'] ?? '.';
mkdirSync(folder, { recursive: true });
const file = openSync(join(folder, `${process.pid}.jsonl`), 'a');

/** Writes down each run with its slot, which a schedule's job id ends with. */
export default {
  name: 'tick',
  run(data: { readonly schedule: string }, ctx: { readonly jobId: string }) {
    const line = {
      schedule: data.schedule,
      slot: Number(/(\d+)$/.exec(ctx.jobId)?.[1]),
      pid: process.pid,
      at: performance.timeOrigin + performance.now(),
    };
    writeSync(file, `${JSON.stringify(line)}\n`);
  },
};
