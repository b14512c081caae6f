import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '@hookline/local-redis';
import type { Life, ProgramRole } from './lives.ts';
import { openMember, type Member, type MemberOptions } from './member.ts';
import type { Environment } from '../injectors/process-faults.ts';

export interface StartFleet {
  /** The repository, compiled. */
  readonly root: string;
  /** For logs, and each slot's DATA_DIR. */
  readonly folder: string;
  /** For every process, e.g. REDIS_URL, HOOKLINE_PREFIX, APP_DIR, WEBHOOK_SECRET_STRIPE. Nothing else is inherited. */
  readonly env: Environment;
  /** Is told of each end of a process, expected or not. */
  readonly onExit?: (life: Life) => void;
}

/** The product's processes in a run. None outlives this one, however it ends. */
export interface Fleet {
  readonly members: readonly Member[];
  /** Every process there ever was, oldest first. */
  readonly lives: readonly Life[];
  /** Starts one in the next slot of its role, and waits until it is ready. @throws Error with its log when it ends first */
  add(role: ProgramRole, options?: MemberOptions): Promise<Member>;
  /** Stops all: SIGTERM, by force after 30 s. */
  stop(): Promise<void>;
  /** Ends all at once, by force. */
  kill(): Promise<void>;
}

/** A fleet of nobody yet. */
export function startFleet({ root, folder, env, onExit = () => undefined }: StartFleet): Fleet {
  const members: Member[] = [];
  const lives: Life[] = [];
  const slots = { receiver: 0, worker: 0, dashboard: 0 };

  return {
    members,
    lives,
    async add(role, options = {}) {
      const slot = slots[role]++;
      const own = join(folder, `${role}-${slot}`);
      mkdirSync(own, { recursive: true });
      const place = {
        root,
        role,
        slot,
        folder: own,
        onExit,
        env: {
          LOG_LEVEL: 'warn',
          ...env,
          ...(await ownSettings(role)),
        },
        onStart: (life: Life) => lives.push(life),
      };
      const member = await openMember(place, options);
      members.push(member);
      await member.ready();
      return member;
    },
    async stop() {
      await Promise.all(members.map((member) => member.stop()));
    },
    async kill() {
      await Promise.all(members.map((member) => member.kill()));
    },
  };
}

async function ownSettings(role: ProgramRole): Promise<Environment> {
  switch (role) {
    case 'receiver':
      // Fixed for the slot, so that senders find it after a restart.
      return { RECEIVER_PORT: String(await freePort()) };
    case 'dashboard':
      return {
        DASHBOARD_PORT: '0',
        DASHBOARD_USER: 'faults',
        DASHBOARD_PASSWORD: 'fault-harness-0123456789',
      };
    case 'worker':
      return {};
  }
}
