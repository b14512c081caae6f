import type { Bench } from '../host/bench.ts';
import type { Program } from '../host/program.ts';
import { API_KEY, HOOKLINE_PREFIX } from './receivers.ts';

/** The dashboard's process, whose recorder is what is measured. @param history the setting `HISTORY_URL` */
export function openDashboard(bench: Bench, store: string, history?: string): Promise<Program> {
  return bench.program('dashboard', 'apps/dashboard/dist/main.js', {
    env: {
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      DASHBOARD_PORT: '0',
      OPS_PORT: '0',
      LOG_LEVEL: 'info',
      REDIS_URL: store,
      HOOKLINE_PREFIX,
      DASHBOARD_USER: 'bench',
      DASHBOARD_PASSWORD: 'password-of-the-bench',
      API_KEY,
      ...(history === undefined ? {} : { HISTORY_URL: history }),
    },
  });
}
