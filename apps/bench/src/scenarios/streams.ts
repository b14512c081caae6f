import { API_KEY, hookline } from '../contenders/receivers.ts';
import type { Bench } from '../host/bench.ts';
import { openReceiver } from '../host/receiving.ts';
import { saturate, type Saturated } from './saturation.ts';
import { TIMES, type Scenario } from './scenario.ts';

const CLIENTS = 1_000;
/** As many as may listen to one job. */
const CLIENTS_OF_JOB = 200;

/** Whether webhooks notice the clients that hold streams of jobs open. */
export const streams: Scenario = {
  name: 'streams',
  says: `acknowledgements at saturation beside ${CLIENTS} open streams of server-sent events`,
  async run(bench) {
    const without = await openReceiver(bench, hookline('no streams'));
    const beside = await openReceiver(bench, hookline('streams'));
    const idle = (await beside.program.ask({ ask: 'usage' })).rss;
    const clients = bench.options.smoke ? 20 : CLIENTS;
    // A job that no worker takes stays open, and its listeners with it.
    for (let open = 0; open < clients; open += CLIENTS_OF_JOB)
      await listen(bench, beside.port, Math.min(CLIENTS_OF_JOB, clients - open));
    const held = (await beside.program.ask({ ask: 'usage' })).rss;
    // Emptying Redis would take the jobs away under the streams.
    const contenders: Saturated[] = [without, beside].map((open) => ({
      name: open.name,
      open,
      load: { keepsWhatIsThere: true },
    }));
    const rows = await saturate(bench, this.name, contenders, bench.fewerRounds);
    await bench.load.leave();
    return {
      rows,
      tables: [
        [
          { title: 'acks/s', figure: 'acks', as: 'median' },
          { title: '× none', figure: 'acks', as: 'times', of: 'no streams', digits: 2 },
          ...TIMES,
          { title: 'Node µs', figure: 'nodeMicros', as: 'median' },
        ],
      ],
      notes: [
        `An open stream took ${Math.round((held - idle) / clients / 1024)} KiB of the receiver's memory.`,
      ],
    };
  },
};

async function listen(bench: Bench, port: number, count: number): Promise<void> {
  const headers = { authorization: `Bearer ${API_KEY}` };
  const created = await fetch(`http://127.0.0.1:${port}/job`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'nobody-runs-this', data: {} }),
  });
  const { id } = (await created.json()) as { id?: string };
  if (id === undefined) throw new Error(`a job was answered with ${created.status}`);
  await bench.load.listen({ port, count, path: `/job/${id}/stream`, headers });
}
