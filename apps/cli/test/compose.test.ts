import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { milliseconds } from '@hookline/core';
import { STOP_DEADLINE_MS } from '@hookline/process';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '../../..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');

interface Service {
  readonly image?: string;
  readonly command: readonly string[];
  readonly user?: string;
  readonly init?: boolean;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly stop_grace_period: string;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly environment?: Readonly<Record<string, string | null>>;
  readonly ports?: readonly string[];
  readonly container_name?: string;
  readonly networks: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

const compose = parse(read('docker-compose.yml'), { merge: true }) as {
  services: Record<'valkey' | 'receiver' | 'dashboard' | 'worker', Service>;
  networks: Record<string, { internal?: boolean } | null>;
};
const { valkey, ...apps } = compose.services;
const services = Object.entries(compose.services);

describe('docker-compose.yml', () => {
  it('runs the apps by the same commands as the npm scripts', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const commands = Object.entries(apps).map(([name, { command }]) => [name, command.join(' ')]);
    expect(Object.fromEntries(commands)).toEqual({
      receiver: scripts['receiver'],
      dashboard: scripts['dashboard'],
      worker: scripts['worker'],
    });
    for (const { command } of Object.values(apps)) {
      const source = command[1]?.replace('/dist/', '/src/').replace(/\.js$/, '.ts') ?? 'none';
      expect(existsSync(join(root, source))).toBe(true);
    }
  });

  it.each(services)(
    'runs %s under an init, not as root, without privileges, checked for health',
    (_, service) => {
      expect(service.init).toBe(true);
      expect(service.user).toMatch(/^(node|valkey)$/);
      expect(service.read_only).toBe(true);
      expect(service.cap_drop).toEqual(['ALL']);
      expect(service.security_opt).toEqual(['no-new-privileges:true']);
      expect(service.healthcheck?.test[0]).toBe('CMD');
    },
  );

  it.each(Object.entries(apps))('gives %s time to drain, and starts it after Valkey', (_, service) => {
    expect(milliseconds(service.stop_grace_period)).toBeGreaterThan(STOP_DEADLINE_MS + 5_000);
    expect(service.depends_on).toEqual({ valkey: { condition: 'service_healthy' } });
    expect(service.environment).toMatchObject({ NODE_ENV: 'production', REDIS_URL: 'redis://valkey:6379' });
  });

  it('lets workers be many: none has a name or a port of its own', () => {
    expect(services.filter(([, service]) => service.container_name !== undefined)).toEqual([]);
    expect(apps.worker.ports).toBeUndefined();
  });

  it('keeps what was written and evicts nothing', () => {
    const flags = valkey.command.join(' ');
    expect(flags).toContain('--appendonly yes');
    expect(flags).toContain('--appendfsync always');
    expect(flags).toContain('--maxmemory-policy noeviction');
  });

  it("keeps the receivers' spools in a volume", () => {
    expect(apps.receiver.volumes).toEqual(['data:/data']);
    expect(apps.receiver.environment).toMatchObject({ DATA_DIR: '/data' });
  });

  it('opens the job API and the operators’ API with the same key', () => {
    const keys = Object.entries(apps).map(([name, { environment }]) => [name, environment?.['API_KEY']]);
    expect(Object.fromEntries(keys)).toEqual({ receiver: null, dashboard: null, worker: undefined });
  });

  it('shows Valkey to the apps only, and the dashboard to this machine only', () => {
    expect(valkey.ports).toBeUndefined();
    expect(valkey.networks).toEqual(['redis']);
    expect(compose.networks['redis']).toEqual({ internal: true });
    expect(apps.dashboard.ports).toEqual(['${DASHBOARD_PUBLISH:-127.0.0.1:3001}:3001']);
  });

  it('holds no secret: each is required from outside, or passed on when it is set', () => {
    const named = Object.values(apps).flatMap(({ environment = {} }) => Object.entries(environment));
    const secrets = named.filter(([name]) => /KEY|PASSWORD|SECRET|TOKEN|USER|VIEWERS$|SMTP|SLACK/.test(name));
    expect(new Set(secrets.map(([name]) => name))).toEqual(
      new Set([
        'API_KEY',
        'DASHBOARD_USER',
        'DASHBOARD_PASSWORD',
        'DASHBOARD_VIEWERS',
        'SESSION_SECRET',
        'SMTP_URL',
        'CRM_TOKEN',
        'SLACK_WEBHOOK_URL',
      ]),
    );
    for (const [name, value] of secrets) {
      if (value !== null)
        expect(value).toMatch(new RegExp(`^\\$\\{${name}:\\?set ${name} in \\.env[^}]*\\}$`));
    }
    expect(read('docker-compose.yml')).not.toMatch(
      /whsec_|sk_(live|test)_|hooks\.slack\.com|:\/\/[^\s/]*:[^\s/]*@/,
    );
  });

  it('has a health check that passes on 200 only', async () => {
    const [, command, flag, script] = apps.worker.healthcheck?.test ?? [];
    expect([command, flag]).toEqual(['node', '-e']);
    const run = async (port: number) => {
      const env = { ...process.env, OPS_PORT: String(port) };
      const [exitCode] = await once(spawn(process.execPath, ['-e', script ?? ''], { env }), 'exit');
      return exitCode as number | null;
    };
    let status = 200;
    const server = createServer((_, res) => res.writeHead(status).end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const exitCodes: unknown[] = [];
    try {
      exitCodes.push(await run(port));
      status = 503;
      exitCodes.push(await run(port));
    } finally {
      server.close();
    }
    exitCodes.push(await run(port));
    expect(exitCodes).toEqual([0, 1, 1]);
  });
});

describe('Dockerfile', () => {
  const lines = read('Dockerfile').split('\n');
  const stages = lines.filter((line) => line.startsWith('FROM '));

  it('pins its images to exact versions, one Node for building and running', () => {
    const nodes = stages.map((line) => line.split(' ')[1]);
    expect(nodes).toHaveLength(2);
    expect(new Set(nodes).size).toBe(1);
    expect(nodes[0]).toMatch(/^node:24\.\d+\.\d+-[a-z]+-slim$/);
    expect(valkey.image).toMatch(/^valkey\/valkey:\d+\.\d+\.\d+-alpine$/);
  });

  it('installs with the pnpm of the repository, what the lockfile says', () => {
    const [pnpm = 'none'] = /pnpm@[\d.]+/.exec(read('tools/prepare.mjs')) ?? [];
    const uses = lines.join('\n').match(/pnpm@[\d.]+ \w+[^\n&]*/g) ?? [];
    expect(uses.map((use) => use.trim())).toEqual([
      `${pnpm} fetch`,
      `${pnpm} install --frozen-lockfile --offline`,
      `${pnpm} install --prod --frozen-lockfile --offline`,
    ]);
  });

  it('ends as an unprivileged user, with node itself as the command', () => {
    const last = lines.slice(lines.lastIndexOf(stages.at(-1) ?? ''));
    expect(last).toContain('USER node');
    expect(last.filter((line) => line.startsWith('CMD'))).toEqual([
      'CMD ["node", "apps/receiver/dist/main.js"]',
    ]);
  });

  it('copies neither secrets nor local state', () => {
    const ignored = read('.dockerignore').split('\n');
    expect(ignored).toEqual(
      expect.arrayContaining(['**/*.env', '**/.env*', '**/.hookline', '.git', '**/node_modules']),
    );
    expect(lines.filter((line) => /^(ARG|ENV)\b.*(KEY|SECRET|PASSWORD|TOKEN)/.test(line))).toEqual([]);
  });
});
