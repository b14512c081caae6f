import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@hookline/rig';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { openStage, startReceiver, type Stage } from './processes.ts';
import { where } from './where.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const PAGE = readFileSync(join(ROOT, 'docs/monitoring.md'), 'utf8');
const ROLES = ['receiver', 'worker', 'dashboard'] as const;
const API_KEY = 'a-key-of-the-monitoring-test';

let stage: Stage;
/** The text of each process's `/metrics`. */
const metrics = new Map<string, string>();
let dashboard: string;

beforeAll(async () => {
  stage = openStage();
  const env = {
    ...where(),
    API_KEY,
    DASHBOARD_USER: 'operator',
    DASHBOARD_PASSWORD: 'correct horse battery',
    WEBHOOK_SECRET_STRIPE: 'whsec_of_the_monitoring_test',
  };
  const programs = {
    receiver: await startReceiver(stage, env),
    worker: stage.run('worker', { ...env, APP_DIR: stage.appDir({ 'handlers/.keep': '' }) }),
    dashboard: stage.run('dashboard', env),
  };
  await fetch(`${programs.receiver.url}/webhooks/stripe`, { method: 'POST', body: '{}' });
  for (const role of ROLES) {
    const [, ops] = await programs[role].says(new RegExp(`${role}: ready.*\\bops=(\\S+)`, 's'));
    metrics.set(role, await (await fetch(`${ops}/metrics`)).text());
  }
  dashboard = (await programs.dashboard.says(/dashboard: ready\s+url=(\S+)\/admin/))[1] ?? '';
}, 60_000);

afterAll(() => stage.close());

function namesIn(text: string): string[] {
  return [...text.matchAll(/^# TYPE (hookline_\w+)/gm)].map((match) => match[1] ?? '');
}

/** Those that have a row in a table, as `name` or `name{labels}`. */
function documentedIn(text: string): string[] {
  return [...text.matchAll(/^\| `(hookline_\w+)(?:\{[\w,]+\})?` /gm)].map((match) => match[1] ?? '');
}

const documented = documentedIn(PAGE);

/** Those of the table under `**Receiver**` and so on, and those of all. */
function documentedOf(role: string): string[] {
  const parts = PAGE.split(/^\*\*(\w+)\*\*$/m);
  return parts.flatMap((part, index) =>
    [role, 'all'].includes(parts[index - 1]?.toLowerCase() ?? '') ? documentedIn(part) : [],
  );
}

describe('docs/monitoring.md', () => {
  it.each(ROLES)('has every metric of a real %s', (role) => {
    const exposed = namesIn(metrics.get(role) ?? '');
    expect(exposed.length).toBeGreaterThan(0);
    const told = documentedOf(role);
    const undocumented = exposed.filter((name) => !told.includes(name));
    expect({ addToDocsMonitoringMd: undocumented }).toEqual({ addToDocsMonitoringMd: [] });
  });

  it.each(ROLES)('has no metric that a real %s does not have', (role) => {
    const exposed = namesIn(metrics.get(role) ?? '');
    const invented = documentedOf(role).filter((name) => !exposed.includes(name));
    expect({ takeOutOfDocsMonitoringMd: invented }).toEqual({ takeOutOfDocsMonitoringMd: [] });
  });

  it('has alerts on metrics that it describes', () => {
    const text = /^```yaml\n([\s\S]*?)^```$/m.exec(PAGE)?.[1] ?? '';
    const { groups } = parse(text) as { groups: { rules: { alert: string; expr: string }[] }[] };
    const rules = groups.flatMap(({ rules }) => rules);
    expect(rules.length).toBeGreaterThan(5);
    for (const { alert, expr } of rules) {
      const named = (expr.match(/hookline_\w+/g) ?? []).map((name) =>
        name.replace(/_(?:bucket|count|sum)$/, ''),
      );
      expect([alert, named.filter((name) => !documented.includes(name))]).toEqual([alert, []]);
    }
  });
});

describe('the metrics of real processes', () => {
  it('name the service and come with those of Node', () => {
    for (const role of ROLES)
      expect(metrics.get(role)).toMatch(
        new RegExp(`^process_cpu_seconds_total\\{service="${role}"\\} `, 'm'),
      );
  });

  it('count what a receiver answered', () => {
    const line = 'hookline_webhooks_total{source="stripe",outcome="refused",service="receiver"} 1';
    expect(metrics.get('receiver')).toContain(`\n${line}\n`);
  });

  it('count queues once, in the dashboard', () => {
    const queues = /^hookline_queue_jobs\{queue="default",state="waiting",service="dashboard"\} 0$/m;
    expect(ROLES.filter((role) => queues.test(metrics.get(role) ?? ''))).toEqual(['dashboard']);
  });

  it('are told of by every process on the system page', async () => {
    const headers = { authorization: `Bearer ${API_KEY}` };
    await eventually(async () => {
      const answer = await fetch(`${dashboard}/admin/api/system`, { headers });
      const { state } = (await answer.json()) as { state: { processes: { role: string; detail: object }[] } };
      expect(state.processes.map(({ role }) => role)).toEqual(ROLES.toSorted());
      for (const { detail } of state.processes) expect(detail).toHaveProperty('memory_bytes');
    });
  });
});
