import { CONCURRENCY, openBare, openHookline, openPgBoss } from '../contenders/workers.ts';
import { countWorkerCalls } from '../measure/worker-calls.ts';
import { withFigures, type Row } from '../measure/rounds.ts';
import { COSTS, type Scenario } from './scenario.ts';
import { JOBS, workOff, type Working } from './working.ts';

const PROCESSES = [1, 2, 4];

/** Work that lies ready, and handlers that do nothing: what is left is the queue. */
export const worker: Scenario = {
  name: 'worker',
  says: `events that lie ready, worked off by 1, 2 and 4 processes of concurrency ${CONCURRENCY}; handlers do nothing`,
  async run(bench) {
    const notes: string[] = [];
    const rows: Row[] = [];
    for (const processes of bench.options.smoke ? [1] : PROCESSES) {
      const contenders: Working[] = [
        { name: `bare ×${processes}`, site: await openBare(bench, { processes }) },
        { name: `hookline ×${processes}`, site: await openHookline(bench, { processes }) },
      ];
      const postgres = await openPgBoss(bench, processes).catch((error: unknown) => {
        const why = error instanceof Error ? error.message.split('\n')[0] : String(error);
        notes.push(`pg-boss ×${processes} was left out: ${why}`);
        return undefined;
      });
      if (postgres !== undefined) contenders.push({ name: `pg-boss ×${processes}`, site: postgres });
      rows.push(...(await workOff(bench, this.name, contenders)));
      // Others that only wait look for work, too, and cost those that are measured next.
      await bench.clear();
    }
    const calls = {
      bare: await countWorkerCalls(bench, 'bare'),
      hookline: await countWorkerCalls(bench, 'hookline'),
    };
    return {
      rows: rows.map((row) => {
        if (row.name === 'bare ×1') return withFigures(row, calls.bare);
        return row.name === 'hookline ×1' ? withFigures(row, calls.hookline) : row;
      }),
      tables: [
        [...JOBS, { title: '× bare ×1', figure: 'jobs', as: 'times', of: 'bare ×1', digits: 2 }],
        [...COSTS, { title: 'calls', figure: 'calls', as: 'median', digits: 1 }],
      ],
      notes: [
        ...notes,
        'bare is BullMQ alone, on jobs that hold an event id: it has no body to read, no history to write. The PostgreSQL under pg-boss is the tests’ own, which waits for no disk.',
      ],
    };
  },
};
