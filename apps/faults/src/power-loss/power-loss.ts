import { spawn } from 'node:child_process';
import { accessSync, constants, mkdirSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../injectors/process-faults.ts';

/** What the measuring process is told. */
export interface PowerLossOrder {
  /** The repository, compiled. */
  readonly root: string;
  /** For logs and mount points. Is emptied first, and deleted when everything held. */
  readonly folder: string;
  readonly env: Environment;
  /** The first seed; the ones after it follow, one for each cut. */
  readonly seed: number;
  /** Cuts of each level. */
  readonly seeds: number;
}

const TOOLS = ['unshare', 'mount', 'umount', 'mkfs.ext4', 'cp'];

/**
 * `npm run faults -- --power-loss`: cuts the power of Redis's machine, which `kill -9` does not: there the page cache
 * survives. Prints for each level of `ACK` what was acknowledged and is lost.
 * @returns the exit code: 1 when a level lost what it promises to keep
 * @throws Error that names everything that is missing for it on this system, or a number of seeds that is none
 */
export async function powerLoss(order: PowerLossOrder): Promise<number> {
  if (!Number.isInteger(order.seeds) || order.seeds < 1)
    throw new Error(`--seeds: '${order.seeds}' is no number of cuts; give 1, 2, 3 …`);
  const missing = whatIsMissing(order.env);
  if (missing.length > 0)
    throw new Error(`--power-loss mounts disks of its own; what is missing for that: ${missing.join('; ')}`);
  mkdirSync(order.folder, { recursive: true });
  const program = fileURLToPath(new URL('program.js', import.meta.url));
  const child = spawn('unshare', ['--mount', '--propagation', 'private', process.execPath, program], {
    env: { ...order.env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    // With no right to unshare there is nobody to tell; its exit code says so.
    child.send(order, () => undefined);
    child.once('exit', (ended) => resolve(ended ?? 1));
  });
  if (code === 0) rmSync(order.folder, { recursive: true, force: true });
  return code;
}

function whatIsMissing(env: Environment): string[] {
  if (process.platform !== 'linux') return [`Linux (this is ${process.platform})`];
  const missing = TOOLS.filter((tool) => !isOnPath(tool, env['PATH'] ?? ''));
  return [
    ...(process.getuid?.() === 0 ? [] : ['root (run it with sudo)']),
    ...(missing.length === 0 ? [] : [`on PATH: ${missing.join(', ')} (of util-linux, e2fsprogs, coreutils)`]),
  ];
}

function isOnPath(tool: string, path: string): boolean {
  return path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, tool), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
